package engine

import (
	"errors"

	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse/atc"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("an image with a registry_mirror", func() {
	var f *fixture

	BeforeEach(func() {
		f = newFixture()
		f.vars["mirror-password"] = "some-mirror-secret"
		f.get.Get.Source = atc.Source{
			"repository": "a/b", "username": "some-user", "password": "((password))",
			"registry_mirror": map[string]any{"host": "mirror.example", "username": "mirror-user", "password": "((mirror-password))"},
		}
	})

	It("is to be pulled from the mirror", func(ctx SpecContext) {
		Expect(f.fetched(ctx).ImageURL).To(Equal("mirror.example/a/b@" + digest))
		Expect(f.shown()).To(Equal("the kubelet pulls mirror.example/a/b@" + digest + "\n"))
	})

	It("may be pulled from its own registry too, each with its own login", func(ctx SpecContext) {
		f.fetched(ctx)
		Expect(f.delegate.NativeImages()).To(HaveExactElements(
			And(HaveField("Reference", "mirror.example/a/b@"+digest), HaveField("Username", "mirror-user"), HaveField("Password", "some-mirror-secret")),
			And(HaveField("Reference", "docker.io/a/b@"+digest), HaveField("Username", "some-user"), HaveField("Password", "some-secret")),
		))
	})

	It("gives the mirror no login but its own", func(ctx SpecContext) {
		f.get.Get.Source["registry_mirror"] = map[string]any{"host": "mirror.example"}
		f.fetched(ctx)
		Expect(f.delegate.NativeImages()[0]).To(And(HaveField("Username", ""), HaveField("Password", "")))
	})

	It("has one resource cache, that of its source", func(ctx SpecContext) {
		f.fetched(ctx)
		Expect(f.cachesMade()).To(ConsistOf(HaveField("Source", HaveKeyWithValue("repository", "a/b"))))
	})

	It("on another registry than Docker Hub is only there, as for the resource", func(ctx SpecContext) {
		f.get.Get.Source["repository"] = "ghcr.io/a/b"
		Expect(f.fetched(ctx).ImageURL).To(Equal("ghcr.io/a/b@" + digest))
		Expect(f.delegate.NativeImages()).To(HaveLen(1))
	})

	It("says in one line of the build log that the mirror failed, why, and what is pulled instead", func(ctx SpecContext) {
		f.fetched(ctx)
		f.delegate.PullFailed(
			registryimage.Image{Reference: "mirror.example/a/b", Password: "some-mirror-secret"},
			registryimage.Image{Reference: "docker.io/a/b", Password: "some-secret"},
			errors.New("not found"),
		)
		Expect(f.lines()).To(ConsistOf(And(
			ContainSubstring("mirror.example/a/b"),
			ContainSubstring("registry_mirror"),
			ContainSubstring("not found"),
			ContainSubstring("docker.io/a/b"),
			Not(ContainSubstring("secret")),
			HaveSuffix("\n"),
		)))
	})
})
