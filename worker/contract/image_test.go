package contract_test

import (
	"strings"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

var digest = "sha256:" + strings.Repeat("0", 64)

var _ = Describe("the image of a container", func() {
	DescribeTable("is a reference",
		func(container garden.ContainerSpec, reference string) {
			Expect(contract.ImageOf(container)).To(Equal(contract.Image{Reference: reference}))
		},
		Entry("on Docker Hub", garden.ContainerSpec{RootFSPath: "docker:///busybox:1.36"}, "busybox:1.36"),
		Entry("by digest", garden.ContainerSpec{RootFSPath: "docker:///busybox@" + digest}, "busybox@"+digest),
		Entry("with the host in the path", garden.ContainerSpec{RootFSPath: "docker:///localhost:5000/a/b"}, "localhost:5000/a/b"),
		Entry("with the host of the URL", garden.ContainerSpec{RootFSPath: "docker://localhost:5000/a/b:c"}, "localhost:5000/a/b:c"),
		Entry("with the tag as fragment", garden.ContainerSpec{RootFSPath: "docker:///busybox#1.36"}, "busybox:1.36"),
		Entry("by the image rather than the root file system",
			garden.ContainerSpec{RootFSPath: "docker:///a", Image: garden.ImageRef{URI: "docker:///b"}}, "b"),
		Entry("named like the scheme of a directory", garden.ContainerSpec{RootFSPath: "docker:///raw"}, "raw"),
	)

	DescribeTable("is a directory",
		func(container garden.ContainerSpec, directory string) {
			Expect(contract.ImageOf(container)).To(Equal(contract.Image{Directory: directory}))
		},
		Entry("as the root file system", garden.ContainerSpec{RootFSPath: "raw:///volumes/live/x/volume/rootfs"}, "/volumes/live/x/volume/rootfs"),
		Entry("as the image", garden.ContainerSpec{RootFSPath: "docker:///a", Image: garden.ImageRef{URI: "raw:///b"}}, "/b"),
		Entry("with a name that a URL escapes", garden.ContainerSpec{RootFSPath: "raw:///a%20b"}, "/a b"),
	)

	DescribeTable("is refused where it is neither",
		func(image, message string) {
			_, err := contract.ImageOf(garden.ContainerSpec{Handle: "some-handle", RootFSPath: image})
			Expect(err).To(MatchError(And(HavePrefix("container some-handle: "), ContainSubstring(message))))
			Expect(err).NotTo(MatchError(ContainSubstring("s3cret")))
		},
		Entry("none", "", "no image is given"),
		Entry("a path", "/some/path", "image /some/path: the Kubernetes runtime takes docker:///REPOSITORY and raw://DIRECTORY only"),
		Entry("no repository", "docker:///", "image docker:/// names no repository"),
		Entry("a login in the URL", "docker://robot:s3cret@localhost/a@"+digest, "belongs into username and password"),
		Entry("a login in another URL", "https://robot:s3cret@localhost/a", "takes docker:///REPOSITORY and raw://DIRECTORY only"),
		Entry("a login in what is no URL", "https://robot:s3cret@local host/a", "image (not a URL): "),
	)

	DescribeTable("is written as a URL that is read as it was",
		func(reference string) {
			url := contract.ImageURL(reference)
			Expect(contract.ImageOf(garden.ContainerSpec{RootFSPath: url})).To(Equal(contract.Image{Reference: reference}))
			Expect(contract.IsImageURL(url)).To(BeTrue())
			Expect(contract.IsReference(url)).To(BeFalse())
			Expect(contract.IsReference(reference)).To(BeTrue())
			Expect(contract.IsImageURL(reference)).To(BeFalse())
		},
		Entry(nil, "busybox"),
		Entry(nil, "ghcr.io/a/b:c@"+digest),
		Entry(nil, "localhost:5000/a"),
	)

	It("is no reference where there is none", func() {
		Expect(contract.IsReference("")).To(BeFalse())
	})
})
