package registryimage_test

import (
	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse/atc"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

var _ = Describe("Resolve", func() {
	DescribeTable("names the image for the kubelet",
		func(source atc.Source, version atc.Version, reference string) {
			image, err := registryimage.Resolve(source, version)
			Expect(err).NotTo(HaveOccurred())
			Expect(image.Reference).To(Equal(reference))
			Expect(image.Pinned).To(Equal(version["digest"] != ""))
		},
		Entry("a short name on Docker Hub", atc.Source{"repository": "busybox"}, atc.Version{"digest": digest}, "docker.io/library/busybox@"+digest),
		Entry("a name with an owner", atc.Source{"repository": "concourse/git-resource"}, atc.Version{"digest": digest}, "docker.io/concourse/git-resource@"+digest),
		Entry("docker.io", atc.Source{"repository": "docker.io/library/busybox"}, atc.Version{"digest": digest}, "docker.io/library/busybox@"+digest),
		Entry("index.docker.io", atc.Source{"repository": "index.docker.io/library/busybox"}, atc.Version{"digest": digest}, "docker.io/library/busybox@"+digest),
		Entry("a host with a port", atc.Source{"repository": "registry.example:5000/team/app"}, atc.Version{"digest": digest}, "registry.example:5000/team/app@"+digest),
		Entry("localhost", atc.Source{"repository": "localhost:5000/app"}, atc.Version{"digest": digest}, "localhost:5000/app@"+digest),
		Entry("an IPv4 address", atc.Source{"repository": "192.0.2.1:5000/app"}, atc.Version{"digest": digest}, "192.0.2.1:5000/app@"+digest),
		Entry("a nested path", atc.Source{"repository": "ghcr.io/a/b/c"}, atc.Version{"digest": digest}, "ghcr.io/a/b/c@"+digest),
		Entry("a digest wins over the version's tag", atc.Source{"repository": "ghcr.io/a/b"}, atc.Version{"tag": "1.2", "digest": digest}, "ghcr.io/a/b@"+digest),
		Entry("a digest wins over the source's tag", atc.Source{"repository": "ghcr.io/a/b", "tag": "1.2"}, atc.Version{"digest": digest}, "ghcr.io/a/b@"+digest),
		Entry("a version with only a tag", atc.Source{"repository": "ghcr.io/a/b"}, atc.Version{"tag": "1.2"}, "ghcr.io/a/b:1.2"),
		Entry("no version, a tag in the source", atc.Source{"repository": "ghcr.io/a/b", "tag": "1.2"}, nil, "ghcr.io/a/b:1.2"),
		Entry("a tag that YAML made a number", atc.Source{"repository": "ghcr.io/a/b", "tag": 1.2}, nil, "ghcr.io/a/b:1.2"),
		Entry("neither version nor tag", atc.Source{"repository": "ghcr.io/a/b"}, nil, "ghcr.io/a/b:latest"),
	)

	It("takes half a login for none, as the resource does", func() {
		image, err := registryimage.Resolve(atc.Source{"repository": "ghcr.io/a/b", "username": "some-user", "password": ""}, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(image.Username).To(BeEmpty())
	})

	It("keeps the login out of the reference", func() {
		image, err := registryimage.Resolve(atc.Source{"repository": "ghcr.io/a/b", "username": "some-user", "password": "some-secret"}, atc.Version{"digest": digest})
		Expect(err).NotTo(HaveOccurred())
		Expect(image.Username).To(Equal("some-user"))
		Expect(image.Password).To(Equal("some-secret"))
		Expect(image.Reference).NotTo(Or(ContainSubstring("some-user"), ContainSubstring("some-secret")))
	})

	DescribeTable("names what is wrong with the source or the version",
		func(source atc.Source, version atc.Version, message string) {
			_, err := registryimage.Resolve(source, version)
			Expect(err).To(MatchError(ContainSubstring(message)))
		},
		Entry("no repository", atc.Source{}, nil, "names no repository"),
		Entry("upper case", atc.Source{"repository": "ghcr.io/A/B"}, nil, `"ghcr.io/A/B"`),
		Entry("a tag in the repository", atc.Source{"repository": "ghcr.io/a/b:1.2"}, nil, "a tag goes into tag"),
		Entry("a digest that is too short", atc.Source{"repository": "ghcr.io/a/b"}, atc.Version{"digest": "sha256:abc"}, `the digest "sha256:abc"`),
		Entry("a tag that is none", atc.Source{"repository": "ghcr.io/a/b", "tag": "a b"}, nil, `the tag "a b"`),
		Entry("a repository that is not a string", atc.Source{"repository": 7}, nil, "source of a registry-image"),
	)
})

var _ = Describe("PhysicalReason", func() {
	DescribeTable("names the field that a kubelet can't honour",
		func(field string, value any, named string) {
			reason, err := registryimage.PhysicalReason(atc.Source{"repository": "ghcr.io/a/b", field: value}, nil)
			Expect(err).NotTo(HaveOccurred())
			Expect(reason).To(HavePrefix(named))
		},
		Entry("content trust", "content_trust", map[string]any{"server": "https://notary.example"}, "content_trust"),
		Entry("platform", "platform", map[string]any{"architecture": "arm64"}, "platform"),
		Entry("insecure", "insecure", true, "insecure"),
		Entry("a CA of its own", "ca_certs", []string{"-----BEGIN CERTIFICATE-----"}, "ca_certs"),
		Entry("AWS", "aws_region", "eu-west-1", "aws_*"),
		Entry("Azure", "azure_acr", true, "azure_acr"),
		Entry("a mirror", "registry_mirror", map[string]any{"host": "mirror.example"}, "registry_mirror"),
	)

	DescribeTable("is empty for what a kubelet can do",
		func(field string, value any) {
			Expect(registryimage.PhysicalReason(atc.Source{"repository": "ghcr.io/a/b", field: value}, nil)).To(BeEmpty())
		},
		Entry("a tag", "tag", "1.2"),
		Entry("a login", "username", "some-user"),
		Entry("a semver constraint, which the version has resolved", "semver_constraint", ">= 1"),
		Entry("a field that no version of the resource knows", "colour", "blue"),
		Entry("insecure set to false", "insecure", false),
	)
})
