package engine

import (
	"errors"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/db/dbfakes"
	"github.com/concourse/concourse/atc/runtime"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// A pipeline can define a type of its own that is named registry-image. Its
// image is the parent here, fetched by the base type.
var _ = Describe("an image of a custom type named registry-image", func() {
	var (
		f           *fixture
		parent      *atc.GetPlan
		parentCache *dbfakes.FakeResourceCache
	)

	BeforeEach(func() {
		f = newFixture()
		parentCache = new(dbfakes.FakeResourceCache)
		parentCache.IDReturns(41)
		f.caches.FindOrCreateResourceCacheStub = func(_ db.ResourceCacheUser, _ string, _ atc.Version, source atc.Source, _ atc.Params, _ db.ResourceCache) (db.ResourceCache, error) {
			if source["repository"] == "ghcr.io/parent" {
				return parentCache, nil
			}
			return f.cache, nil
		}

		check := atc.Plan{ID: "1/image-get/image-check", Check: &atc.CheckPlan{Name: "registry-image", Type: "registry-image"}}
		parent = &atc.GetPlan{
			Name: "registry-image", Type: "registry-image", VersionFrom: &check.ID,
			Source:    atc.Source{"repository": "ghcr.io/parent", "username": "parent-user", "password": "parent-secret"},
			TypeImage: atc.TypeImage{BaseType: "registry-image"},
		}
		f.versions[check.ID] = atc.Version{"digest": parentDigest}
		f.get.Get.TypeImage = atc.TypeImage{
			BaseType: "registry-image", Privileged: true,
			GetPlan: &atc.Plan{ID: "1/image-get/image-get", Get: parent}, CheckPlan: &check,
		}
	})

	// expectParentCache expects the image to hang on the parent's cache.
	expectParentCache := func() {
		GinkgoHelper()
		made := f.cachesMade()
		Expect(made[len(made)-1]).To(And(
			HaveField("Source", HaveKeyWithValue("repository", "ghcr.io/a/b")),
			HaveField("Parent", BeIdenticalTo(parentCache)),
		))
	}

	It("has the parent's resource cache as that of its type, and the parent has none", func(ctx SpecContext) {
		_, cache, err := f.fetch(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(cache).To(BeIdenticalTo(f.cache))
		Expect(f.cachesMade()).To(HaveLen(2))
		Expect(f.cachesMade()[0]).To(And(
			HaveField("Source", HaveKeyWithValue("repository", "ghcr.io/parent")),
			HaveField("Version", atc.Version{"digest": parentDigest}),
			HaveField("Parent", BeNil()),
		))
		expectParentCache()
	})

	It("is what is pulled and logged in to, not the parent", func(ctx SpecContext) {
		Expect(f.fetched(ctx)).To(Equal(runtime.ImageSpec{ImageURL: "ghcr.io/a/b@" + digest}))
		Expect(f.delegate.NativeImages()).To(ConsistOf(And(
			HaveField("Reference", "ghcr.io/a/b@"+digest), HaveField("Username", ""), HaveField("Password", ""),
		)))
	})

	It("has its version looked up with the parent's resource cache", func(ctx SpecContext) {
		delete(f.versions, "1/image-check")
		f.fetched(ctx)
		_, source, parent := f.configs.FindOrCreateResourceConfigArgsForCall(0)
		Expect(source).To(HaveKeyWithValue("repository", "ghcr.io/a/b"))
		Expect(parent).To(BeIdenticalTo(parentCache))
	})

	It("has its check run first, then the parent's, and both saved", func(ctx SpecContext) {
		f.fetched(ctx)
		Expect(f.ran).To(Equal([]atc.PlanID{"1/image-check", "1/image-get/image-check"}))
		Expect(f.build.SaveImageResourceVersionCallCount()).To(Equal(2))
		Expect(f.build.SaveImageResourceVersionArgsForCall(0)).To(BeIdenticalTo(parentCache))
		Expect(f.build.SaveImageResourceVersionArgsForCall(1)).To(BeIdenticalTo(f.cache))
	})

	It("has the policy checked for both, with their privileges", func(ctx SpecContext) {
		f.policies.ShouldCheckActionReturns(true)
		f.verdict.AllowedReturns(true)
		f.fetched(ctx)
		Expect(f.policies.CheckArgsForCall(0).Data).To(HaveKeyWithValue("privileged", false))
		Expect(f.policies.CheckArgsForCall(1).Data).To(HaveKeyWithValue("privileged", true))
	})

	It("fails with the parent, and its get is shown to have failed", func(ctx SpecContext) {
		f.caches.FindOrCreateResourceCacheStub = nil
		f.caches.FindOrCreateResourceCacheReturnsOnCall(0, nil, errors.New("nope"))
		Expect(f.fetchError(ctx)).To(MatchError(ContainSubstring("resource cache of image registry-image: nope")))
		Expect(f.events()).To(ContainElement(And(HaveField("Origin.ID", BeEquivalentTo("1/image-get")), HaveField("Message", ContainSubstring("nope")))))
	})

	Describe("whose parent can't be left to the kubelet", func() {
		BeforeEach(func() {
			parent.Source["insecure"] = true
			f.upstream.FetchImageReturns(runtime.ImageSpec{}, parentCache, nil)
		})

		It("is left to it all the same, with the cache of the parent that upstream fetches", func(ctx SpecContext) {
			Expect(f.fetched(ctx).ImageURL).To(Equal("ghcr.io/a/b@" + digest))
			Expect(f.delegate.NativeImages()).To(HaveLen(1))

			Expect(f.upstream.FetchImageCallCount()).To(Equal(1))
			_, get, check, privileged := f.upstream.FetchImageArgsForCall(0)
			Expect(get.Get).To(BeIdenticalTo(parent))
			Expect(check).To(BeIdenticalTo(f.get.Get.TypeImage.CheckPlan))
			Expect(privileged).To(BeTrue())
			expectParentCache()
		})

		It("has the reason of its parent in the build log", func(ctx SpecContext) {
			f.fetched(ctx)
			Expect(f.lines()).To(ConsistOf(And(ContainSubstring("image registry-image is fetched into a volume"), ContainSubstring("insecure"))))
		})

		It("fails with upstream's error", func(ctx SpecContext) {
			upstreams := errors.New("nope")
			f.upstream.FetchImageReturns(runtime.ImageSpec{}, nil, upstreams)
			Expect(f.fetchError(ctx)).To(BeIdenticalTo(upstreams))
		})
	})

	It("that can't be left to the kubelet is upstream's with its parent, which upstream hands to a get step", func(ctx SpecContext) {
		f.get.Get.Source["insecure"] = true
		f.expectPhysical(ctx)
		Expect(f.lines()).To(ConsistOf(ContainSubstring("image image is fetched into a volume")))
	})
})
