package engine

import (
	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/jessevdk/go-flags"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the flags", func() {
	parse := func(args ...string) (NativeImageFetchFlags, error) {
		var parsed NativeImageFetchFlags
		_, err := flags.NewParser(&parsed, flags.None).ParseArgs(args)
		return parsed, err
	}

	It("have the mode auto, and say nothing about the nodes, by default", func() {
		parsed, err := parse()
		Expect(err).NotTo(HaveOccurred())
		Expect(parsed.Mode).To(Equal(NativeImageFetchAuto))
		Expect(parsed.nodes()).To(Equal(registryimage.Nodes{}))
	})

	DescribeTable("take a mode",
		func(text string, expected NativeImageFetchMode) {
			parsed, err := parse("--native-image-fetch=" + text)
			Expect(err).NotTo(HaveOccurred())
			Expect(parsed.Mode).To(Equal(expected))
		},
		Entry(nil, "auto", NativeImageFetchAuto),
		Entry(nil, "always", NativeImageFetchAlways),
		Entry(nil, "never", NativeImageFetchNever),
	)

	It("refuse another mode", func() {
		_, err := parse("--native-image-fetch=sometimes")
		Expect(err).To(MatchError(ContainSubstring("sometimes")))
	})

	It("take several registries and a platform", func() {
		parsed, err := parse(
			"--native-image-fetch-registry=registry.example:5000",
			"--native-image-fetch-registry", "other.example",
			"--native-image-fetch-platform=linux/arm64",
		)
		Expect(err).NotTo(HaveOccurred())
		Expect(parsed.nodes()).To(Equal(registryimage.Nodes{
			Registries: []string{"registry.example:5000", "other.example"},
			Platform:   "linux/arm64",
		}))
	})

	DescribeTable("take the host of a registry",
		func(text string) {
			var host RegistryHost
			Expect(host.UnmarshalFlag(text)).To(Succeed())
			Expect(host).To(BeEquivalentTo(text))
		},
		Entry(nil, "ghcr.io"),
		Entry(nil, "docker.io"),
		Entry(nil, "localhost:5000"),
		Entry(nil, "10.0.0.1"),
		Entry(nil, "10.0.0.1:5000"),
		Entry(nil, "[fd00::1]:5000"),
		Entry(nil, "registry"),
	)

	DescribeTable("refuse what is none, and say what to give",
		func(text string) {
			_, err := parse("--native-image-fetch-registry=" + text)
			Expect(err).To(MatchError(And(ContainSubstring(text), ContainSubstring("HOST:PORT"))))
		},
		Entry(nil, "https://ghcr.io"),
		Entry(nil, "ghcr.io/a"),
		Entry(nil, "ghcr.io/"),
		Entry(nil, "user@ghcr.io"),
		Entry(nil, "ghcr.io:port"),
		Entry(nil, "gh cr.io"),
		Entry(nil, "*.ghcr.io,docker.io"),
		Entry(nil, "ghcr.io,docker.io"),
		Entry(nil, ""),
	)

	DescribeTable("take a platform",
		func(text string) {
			var platform Platform
			Expect(platform.UnmarshalFlag(text)).To(Succeed())
			Expect(platform).To(BeEquivalentTo(text))
		},
		Entry(nil, "linux/amd64"),
		Entry(nil, "linux/arm64"),
	)

	DescribeTable("refuse what is none, and give an example",
		func(text string) {
			_, err := parse("--native-image-fetch-platform=" + text)
			Expect(err).To(MatchError(And(ContainSubstring(text), ContainSubstring("linux/amd64"))))
		},
		Entry(nil, "amd64"),
		Entry(nil, "linux/"),
		Entry(nil, "/amd64"),
		Entry(nil, "/"),
		Entry(nil, ""),
		Entry("a variant, which a source can't ask for", "linux/arm/v7"),
	)
})
