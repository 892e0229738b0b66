package ecr_test

import (
	"github.com/concourse/concourse/atc"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/atc/ecr"
)

var _ = Describe("the aws_* fields of a source", func() {
	source := func(more atc.Source) atc.Source {
		all := atc.Source{
			"repository":            "team/app",
			"aws_access_key_id":     "AKIDSOURCE",
			"aws_secret_access_key": "the-secret-key",
			"aws_region":            "eu-west-1",
		}
		for name, value := range more {
			all[name] = value
		}
		return all
	}

	It("are all read", func() {
		Expect(ecr.FromSource(source(atc.Source{
			"aws_session_token": "the-session-token",
			"aws_account_id":    "111122223333",
			"aws_role_arns":     []any{"first", "second"},
		}))).To(Equal(ecr.Credentials{
			AccessKeyID:     "AKIDSOURCE",
			SecretAccessKey: "the-secret-key",
			SessionToken:    "the-session-token",
			Region:          "eu-west-1",
			AccountID:       "111122223333",
			RoleARNs:        []string{"first", "second"},
		}))
	})

	It("may name one role", func() {
		Expect(ecr.FromSource(source(atc.Source{"aws_role_arn": "only"}))).To(HaveField("RoleARNs", []string{"only"}))
	})

	DescribeTable("are refused where they make no sense, with the field's name and without the secret key",
		func(change atc.Source, message string) {
			_, err := ecr.FromSource(source(change))

			Expect(err).To(MatchError(ContainSubstring(message)))
			Expect(err).NotTo(MatchError(ContainSubstring("the-secret-key")))
			Expect(err).NotTo(MatchError(ContainSubstring("271828")))
		},
		Entry("one role and several", atc.Source{"aws_role_arn": "a", "aws_role_arns": []string{"b"}}, "both aws_role_arn and aws_role_arns"),
		Entry("no key", atc.Source{"aws_access_key_id": ""}, "not both set"),
		Entry("no secret key", atc.Source{"aws_secret_access_key": ""}, "not both set"),
		Entry("no region", atc.Source{"aws_region": ""}, "aws_region is not set"),
		Entry("a region that would lead elsewhere", atc.Source{"aws_region": "x.evil.example/"}, "not the name of a region"),
		Entry("an account that would lead elsewhere", atc.Source{"aws_account_id": "evil.example/"}, "not an account's ID"),
		Entry("an account that lost its zeros", atc.Source{"aws_account_id": 11122223333}, "aws_account_id of type string (an account ID is text"),
		Entry("a secret key that is a number", atc.Source{"aws_secret_access_key": 271828}, "aws_secret_access_key of type string"),
	)

	DescribeTable("make it one of ECR if they name a region",
		func(source atc.Source, is bool) {
			Expect(ecr.IsUsedBy(source)).To(Equal(is))
		},
		Entry("a region", atc.Source{"aws_region": "eu-west-1"}, true),
		Entry("an empty region", atc.Source{"aws_region": ""}, false),
		Entry("none", atc.Source{"aws_access_key_id": "AKIDSOURCE"}, false),
	)
})
