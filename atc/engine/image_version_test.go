package engine

import (
	"context"
	"errors"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/db/dbfakes"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the version of an image that is left to the kubelet", func() {
	var f *fixture

	BeforeEach(func() { f = newFixture() })

	knownToTheDatabase := func(version db.Version) {
		latest := new(dbfakes.FakeResourceConfigVersion)
		latest.VersionReturns(version)
		f.scope.LatestVersionReturns(latest, true, nil)
	}

	Describe("that its check finds", func() {
		It("is taken, whatever the database knows", func(ctx SpecContext) {
			knownToTheDatabase(db.Version{"digest": parentDigest})
			Expect(f.fetched(ctx).ImageURL).To(Equal("ghcr.io/a/b@" + digest))
		})

		It("wins with its digest over the tag of the source", func(ctx SpecContext) {
			f.get.Get.Source["tag"] = "1.2"
			f.versions["1/image-check"] = atc.Version{"tag": "1.2", "digest": digest}
			Expect(f.fetched(ctx).ImageURL).To(Equal("ghcr.io/a/b@" + digest))
		})

		It("is an error where the digest is none", func(ctx SpecContext) {
			f.versions["1/image-check"] = atc.Version{"digest": "sha256:1"}
			Expect(f.fetchError(ctx)).To(MatchError(ContainSubstring("sha256:1")))
		})
	})

	Describe("when the check", func() {
		It("fails, is none: so does the fetch", func(ctx SpecContext) {
			f.checkFails = true
			Expect(f.fetchError(ctx)).To(MatchError("check of image image failed"))
			Expect(f.events()).To(BeEmpty())
			Expect(f.cachesMade()).To(BeEmpty())
		})

		It("errors, is none: the error is returned as it is", func(ctx SpecContext) {
			f.checkErr = errors.New("nope")
			Expect(f.fetchError(ctx)).To(BeIdenticalTo(f.checkErr))
			Expect(f.events()).To(BeEmpty())
			Expect(f.cachesMade()).To(BeEmpty())
		})

		It("is aborted, is none: the error still says that", func(ctx SpecContext) {
			f.checkErr = context.Canceled
			Expect(f.fetchError(ctx)).To(MatchError(context.Canceled))
			Expect(f.cachesMade()).To(BeEmpty())
		})

		It("finds none, is the latest that the database knows", func(ctx SpecContext) {
			delete(f.versions, "1/image-check")
			knownToTheDatabase(db.Version{"digest": digest})
			Expect(f.fetched(ctx).ImageURL).To(Equal("ghcr.io/a/b@" + digest))
			Expect(f.cachesMade()).To(ConsistOf(HaveField("Version", atc.Version{"digest": digest})))

			typeName, source, parent := f.configs.FindOrCreateResourceConfigArgsForCall(0)
			Expect(typeName).To(Equal("registry-image"))
			Expect(source).To(Equal(atc.Source{"repository": "ghcr.io/a/b"}))
			Expect(parent).To(BeNil())
		})
	})

	Describe("that is pinned in the plan", func() {
		It("is taken with its digest, without a check and without the database", func(ctx SpecContext) {
			f.pin(atc.Version{"tag": "1.2", "digest": digest})
			knownToTheDatabase(db.Version{"digest": parentDigest})
			Expect(f.fetched(ctx).ImageURL).To(Equal("ghcr.io/a/b@" + digest))
			Expect(f.ran).To(BeEmpty())
			Expect(f.configs.FindOrCreateResourceConfigCallCount()).To(BeZero())
		})

		It("is taken with its tag, where it has no digest, and not that of the source", func(ctx SpecContext) {
			f.get.Get.Source["tag"] = "latest"
			f.pin(atc.Version{"tag": "1.2"})
			Expect(f.fetched(ctx).ImageURL).To(Equal("ghcr.io/a/b:1.2"))
			Expect(f.cachesMade()).To(ConsistOf(HaveField("Version", atc.Version{"tag": "1.2"})))
			Expect(f.shown()).To(ContainSubstring("not pinned to a digest"))
		})
	})

	DescribeTable("that nobody knows is the source's tag, and the log says that the image is not pinned",
		func(ctx SpecContext, change func(), tag string) {
			delete(f.versions, "1/image-check")
			change()
			Expect(f.fetched(ctx).ImageURL).To(Equal("ghcr.io/a/b:" + tag))
			Expect(f.cachesMade()).To(ConsistOf(HaveField("Version", atc.Version{"tag": tag})))
			Expect(f.shown()).To(ContainSubstring("not pinned to a digest"))
		},
		Entry("after a check", func() {}, "latest"),
		Entry("without a check", func() { f.check, f.get.Get.VersionFrom = nil, nil }, "latest"),
		Entry("after a check, with a tag", func() { f.get.Get.Source["tag"] = "1.2" }, "1.2"),
		Entry("without a check, with a tag that YAML takes for a number", func() {
			f.check, f.get.Get.VersionFrom = nil, nil
			f.get.Get.Source["tag"] = 1.2
		}, "1.2"),
	)

	It("is an error where nobody knows one that the source admits, and the get is shown to have failed", func(ctx SpecContext) {
		delete(f.versions, "1/image-check")
		f.get.Get.Source["semver_constraint"] = "< 2"
		Expect(f.fetchError(ctx)).To(MatchError(And(ContainSubstring("no version of the registry-image"), ContainSubstring("semver_constraint"))))
		Expect(f.cachesMade()).To(BeEmpty())
		Expect(f.events()).To(ContainElement(HaveField("Message", ContainSubstring("semver_constraint"))))
	})

	It("says nothing about pinning where there is a digest", func(ctx SpecContext) {
		f.fetched(ctx)
		Expect(f.shown()).NotTo(ContainSubstring("not pinned"))
	})

	DescribeTable("is an error where the database does not answer",
		func(ctx SpecContext, breakIt func()) {
			delete(f.versions, "1/image-check")
			breakIt()
			Expect(f.fetchError(ctx)).To(MatchError(And(ContainSubstring("version of image image"), ContainSubstring("nope"))))
		},
		Entry("for the resource config", func() { f.configs.FindOrCreateResourceConfigReturns(nil, errors.New("nope")) }),
		Entry("for its scope", func() {
			config := new(dbfakes.FakeResourceConfig)
			config.FindOrCreateScopeReturns(nil, errors.New("nope"))
			f.configs.FindOrCreateResourceConfigReturns(config, nil)
		}),
		Entry("for the scope's latest version", func() { f.scope.LatestVersionReturns(nil, false, errors.New("nope")) }),
	)
})
