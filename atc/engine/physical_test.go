package engine

import (
	"errors"

	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/runtime"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("FetchImage of an image that is not left to the kubelet", func() {
	var f *fixture

	BeforeEach(func() { f = newFixture() })

	DescribeTable("is upstream's, and says nothing",
		func(ctx SpecContext, change func()) {
			change()
			f.expectPhysical(ctx)
			Expect(f.lines()).To(BeEmpty())
		},
		Entry("with the flag off", func() { f.mode = NativeImageFetchNever }),
		Entry("with the flag off, whatever the source is", func() {
			f.mode = NativeImageFetchNever
			f.get.Get.Source = atc.Source{"repository": "((some-missing-var))", "insecure": true}
		}),
		Entry("with the flag off, without a check", func() {
			f.mode = NativeImageFetchNever
			f.pin(atc.Version{"digest": digest})
		}),
		Entry("with the flag off, and privileged", func() {
			f.mode = NativeImageFetchNever
			f.privileged = true
		}),
		Entry("of the type docker-image", func() { f.get.Get.Type = "docker-image" }),
		Entry("of a custom type", func() { f.get.Get.Type = "some-custom-type" }),
		Entry("of a type of almost the right name", func() { f.get.Get.Type = "registry-image-2" }),
	)

	DescribeTable("is upstream's, after one line that names the field",
		func(ctx SpecContext, field string, value any) {
			f.get.Get.Source[field] = value
			f.privileged = true
			f.expectPhysical(ctx)
			Expect(f.lines()).To(ConsistOf(And(
				HavePrefix("image image is fetched into a volume, not pulled by the kubelet: "),
				ContainSubstring(field),
				HaveSuffix("\n"),
			)))
		},
		Entry(nil, "insecure", true),
		Entry(nil, "ca_certs", []any{"-----BEGIN CERTIFICATE-----\nline 2\n"}),
		Entry(nil, "platform", map[string]any{"architecture": "arm64"}),
		Entry(nil, "content_trust", map[string]any{"server": "https://notary.example"}),
		Entry(nil, "azure_acr", true),
		Entry(nil, "aws_region", "eu-west-1"),
		Entry(nil, "field_of_the_future", "some-value"),
	)

	DescribeTable("is upstream's, after one line that names the param",
		func(ctx SpecContext, param string, value any) {
			f.get.Get.Params = atc.Params{param: value}
			f.expectPhysical(ctx)
			Expect(f.lines()).To(ConsistOf(ContainSubstring(param)))
		},
		Entry(nil, "format", "oci"),
		Entry(nil, "skip_download", true),
		Entry(nil, "platform", map[string]any{"architecture": "arm64"}),
	)

	DescribeTable("is upstream's, after one line that names the tags, where the image has others than the step",
		func(ctx SpecContext, image, step atc.Tags) {
			f.get.Get.Tags, f.tags = image, step
			f.expectPhysical(ctx)
			Expect(f.lines()).To(ConsistOf(And(
				HavePrefix("image image is fetched into a volume, not pulled by the kubelet: "),
				ContainSubstring("it has the tags %v", image),
				ContainSubstring("the step has %v", step),
			)))
		},
		Entry("and the step has none", atc.Tags{"internal"}, nil),
		Entry("and the step has others", atc.Tags{"internal"}, atc.Tags{"gpu"}),
		Entry("and the step has more", atc.Tags{"internal"}, atc.Tags{"internal", "gpu"}),
	)

	It("names one field of several", func(ctx SpecContext) {
		f.get.Get.Source["insecure"] = true
		f.get.Get.Source["ca_certs"] = []any{"some-certificate"}
		f.expectPhysical(ctx)
		Expect(f.lines()).To(HaveLen(1))
	})

	It("is upstream's with upstream's error", func(ctx SpecContext) {
		f.get.Get.Source["insecure"] = true
		upstreams := errors.New("nope")
		f.upstream.FetchImageReturns(runtime.ImageSpec{}, nil, upstreams)
		Expect(f.fetchError(ctx)).To(BeIdenticalTo(upstreams))
	})

	It("forgets the image that was left to the kubelet before", func(ctx SpecContext) {
		f.fetched(ctx)
		Expect(f.delegate.NativeImages()).NotTo(BeEmpty())

		f.get.Get.Source["insecure"] = true
		_, _, err := f.delegate.FetchImage(ctx, f.get, f.check, false)
		Expect(err).NotTo(HaveOccurred())
		Expect(f.delegate.NativeImages()).To(BeEmpty())
	})

	Describe("but would be", func() {
		It("is left to nodes whose workers have its tags, in whatever order", func(ctx SpecContext) {
			f.get.Get.Tags, f.tags = atc.Tags{"internal", "gpu"}, atc.Tags{"gpu", "internal"}
			Expect(f.fetched(ctx).ImageURL).To(Equal("ghcr.io/a/b@" + digest))
			Expect(f.lines()).To(BeEmpty())
		})

		It("is left to nodes that are configured for its registry", func(ctx SpecContext) {
			f.get.Get.Source["insecure"] = true
			f.nodes = registryimage.Nodes{Registries: []string{"ghcr.io"}}
			Expect(f.fetched(ctx).ImageURL).To(Equal("ghcr.io/a/b@" + digest))
			Expect(f.lines()).To(BeEmpty())
		})

		It("is left to nodes of its platform", func(ctx SpecContext) {
			f.get.Get.Source["platform"] = map[string]any{"architecture": "arm64"}
			f.nodes = registryimage.Nodes{Platform: "linux/arm64"}
			Expect(f.fetched(ctx).ImageURL).To(Equal("ghcr.io/a/b@" + digest))
			Expect(f.lines()).To(BeEmpty())
		})
	})

	DescribeTable("and that the resource would refuse fails, says what is wrong, and does nothing else",
		func(ctx SpecContext, source atc.Source, wrong string) {
			f.get.Get.Source = source
			Expect(f.fetchError(ctx)).To(MatchError(And(HavePrefix("image image: "), ContainSubstring(wrong))))
			Expect(f.ran).To(BeEmpty())
			Expect(f.events()).To(BeEmpty())
			Expect(f.lines()).To(BeEmpty())
			Expect(f.upstream.FetchImageCallCount()).To(BeZero())
		},
		Entry("no repository", atc.Source{"tag": "1"}, "names no repository"),
		Entry("a repository with a tag", atc.Source{"repository": "a/b:1"}, "a/b:1"),
		Entry("a field of the wrong kind", atc.Source{"repository": "a/b", "username": 1}, "username"),
	)
})
