package ecr_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/atc/ecr"
)

var _ = Describe("credentials", func() {
	DescribeTable("are refused where they make no sense, before AWS is asked, with the field's name and without the secret key",
		func(ctx SpecContext, spoil func(*ecr.Credentials), message string) {
			credentials := ecr.Credentials{AccessKeyID: "AKIDSOURCE", SecretAccessKey: "the-secret-key", Region: "eu-west-1"}
			spoil(&credentials)
			_, err := ecr.NewClient("http://127.0.0.1:1").Login(ctx, credentials)

			Expect(err).To(MatchError(ContainSubstring(message)))
			Expect(err).NotTo(MatchError(ContainSubstring("the-secret-key")))
		},
		Entry("no key", func(c *ecr.Credentials) { c.AccessKeyID = "" }, "not both set"),
		Entry("no secret key", func(c *ecr.Credentials) { c.SecretAccessKey = "" }, "not both set"),
		Entry("no region", func(c *ecr.Credentials) { c.Region = "" }, "aws_region is not set"),
		Entry("a region that would lead elsewhere", func(c *ecr.Credentials) { c.Region = "x.evil.example/" }, "not the name of a region"),
		Entry("an account that would lead elsewhere", func(c *ecr.Credentials) { c.AccountID = "evil.example/" }, "not an account's ID"),
		Entry("an account that lost its zeros", func(c *ecr.Credentials) { c.AccountID = "11122223333" }, "not an account's ID"),
	)
})
