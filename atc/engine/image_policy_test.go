package engine

import (
	"context"
	"errors"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/policy"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("the policy check of an image that is left to the kubelet", func() {
	var f *fixture

	BeforeEach(func() {
		f = newFixture()
		f.policies.ShouldCheckActionReturns(true)
	})

	asked := func() policy.PolicyCheckInput {
		GinkgoHelper()
		Expect(f.policies.CheckCallCount()).To(Equal(1))
		return f.policies.CheckArgsForCall(0)
	}

	It("is left out where the operator wants none of the use of images", func(ctx SpecContext) {
		f.policies.ShouldCheckActionReturns(false)
		f.fetched(ctx)
		Expect(f.policies.ShouldCheckActionArgsForCall(0)).To(Equal(policy.ActionUseImage))
		Expect(f.policies.CheckCallCount()).To(BeZero())
	})

	It("is asked what upstream asks", func(ctx SpecContext) {
		f.verdict.AllowedReturns(true)
		f.privileged = true
		f.fetched(ctx)
		Expect(asked()).To(Equal(policy.PolicyCheckInput{
			Action:   policy.ActionUseImage,
			Team:     "some-team",
			Pipeline: "some-pipeline",
			Data: map[string]any{
				"image_type":   "registry-image",
				"image_source": atc.Source{"repository": "ghcr.io/a/b"},
				"privileged":   true,
			},
		}))
		Expect(f.stderr.Contents()).To(BeEmpty())
	})

	It("is asked before the check runs", func(ctx SpecContext) {
		f.policies.CheckStub = func(policy.PolicyCheckInput) (policy.PolicyCheckResult, error) {
			Expect(f.ran).To(BeEmpty())
			return f.verdict, nil
		}
		f.fetched(ctx)
		Expect(f.ran).NotTo(BeEmpty())
	})

	It("ends the fetch where it denies, before the check, with its messages", func(ctx SpecContext) {
		f.verdict.ShouldBlockReturns(true)
		f.verdict.MessagesReturns([]string{"not this one", "nor on a Friday"})

		err := f.fetchError(ctx)
		Expect(err).To(BeAssignableToTypeOf(policy.PolicyCheckNotPass{}))
		Expect(err).To(MatchError(And(ContainSubstring("not this one"), ContainSubstring("nor on a Friday"))))
		Expect(f.ran).To(BeEmpty())
		Expect(f.cachesMade()).To(BeEmpty())
		Expect(f.events()).To(BeEmpty())
	})

	It("warns and goes on where it denies softly", func(ctx SpecContext) {
		f.verdict.MessagesReturns([]string{"not this one"})
		f.fetched(ctx)
		Expect(f.stderr).To(gbytes.Say("not this one"))
		Expect(f.stderr).To(gbytes.Say("WARNING"))
	})

	It("fails the fetch where the checker fails", func(ctx SpecContext) {
		f.policies.CheckReturns(nil, errors.New("nope"))
		Expect(f.fetchError(ctx)).To(MatchError("policy check: nope"))
		Expect(f.ran).To(BeEmpty())
	})

	Describe("leaves secrets out", func() {
		// redacted returns what is asked about a source that holds the values of secrets
		// already, as that of a task's image_resource does.
		redacted := func(ctx context.Context, source atc.Source, secrets map[string]any) any {
			GinkgoHelper()
			f.verdict.AllowedReturns(true)
			f.secrets, f.get.Get.Source = secrets, source
			f.fetched(ctx)
			return asked().Data.(map[string]any)["image_source"]
		}

		It("that are vars still", func(ctx SpecContext) {
			Expect(redacted(ctx, atc.Source{"repository": "some/image", "password": "((password))"}, nil)).
				To(Equal(atc.Source{"repository": "some/image", "password": "((password))"}))
		})

		It("wherever they are", func(ctx SpecContext) {
			Expect(redacted(ctx,
				atc.Source{"repository": "some/image", "password": "s3cret", "registry_mirror": map[string]any{"host": "mirror.example", "password": "xs3crety"}, "pre_release_prefixes": []any{"s3cret", "rc"}},
				map[string]any{"some-var": "s3cret"},
			)).To(Equal(
				atc.Source{"repository": "some/image", "password": "((redacted))", "registry_mirror": map[string]any{"host": "mirror.example", "password": "x((redacted))y"}, "pre_release_prefixes": []any{"((redacted))", "rc"}},
			))
		})

		DescribeTable("whatever they are made of",
			func(ctx SpecContext, secret string) {
				Expect(redacted(ctx, atc.Source{"repository": "some/image", "password": secret}, map[string]any{"some-var": secret})).
					To(Equal(atc.Source{"repository": "some/image", "password": "((redacted))"}))
			},
			Entry("letters", "some-secret"),
			Entry("what HTML and so Go's JSON escapes", "a&b<c>d"),
			Entry("quotes and backslashes", `a"b\c`),
			Entry("what JSON is made of", `":"`),
		)

		It("line by line", func(ctx SpecContext) {
			Expect(redacted(ctx, atc.Source{"repository": "some/image", "password": "one\n  two\n"}, map[string]any{"some-var": "one\n  two\n"})).
				To(Equal(atc.Source{"repository": "some/image", "password": "((redacted))\n  ((redacted))\n"}))
		})

		It("but not single characters", func(ctx SpecContext) {
			Expect(redacted(ctx, atc.Source{"repository": "some/image"}, map[string]any{"some-var": "i"})).
				To(Equal(atc.Source{"repository": "some/image"}))
		})

		It("where YAML took one for a number", func(ctx SpecContext) {
			Expect(redacted(ctx, atc.Source{"repository": "some/image", "tag": float64(12345678)}, map[string]any{"some-var": "12345678"})).
				To(Equal(atc.Source{"repository": "some/image", "tag": "((redacted))"}))
		})
	})
})
