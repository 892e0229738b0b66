package images_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/testflight/images"
)

var _ = Describe("Building the images", Ordered, func() {
	var (
		built map[string]images.Image
		log   bytes.Buffer
	)

	BeforeAll(func(ctx SpecContext) {
		for _, debian := range images.DebianPackages() {
			if _, err := os.Stat(debian.File); err != nil {
				Skip("the images need the packages that DebianPackages names")
			}
		}

		built = build(ctx, &log)
	})

	It("builds the same images again", func(ctx SpecContext) {
		again := build(ctx, io.Discard)
		Expect(again).To(HaveLen(len(built)))

		for name, image := range built {
			Expect(digest(again[name])).To(Equal(digest(image)), name)
		}
	})

	It("says what it built", func() {
		Expect(log.String()).To(MatchRegexp(`built layer mock-resource: \d+ kB in \S+`))
	})

	It("puts a small system into every image", func() {
		for name, image := range built {
			files := content(image)

			Expect(files).To(HaveKey("bin/busybox"), name)
			Expect(files["bin/sh"].Linkname).To(BeElementOf("/bin/busybox", "/bin/bash"), name)
			Expect(files).To(HaveKey("usr/bin/env"), name)
			Expect(files["usr/bin/printenv"].Typeflag).To(BeEquivalentTo(tar.TypeReg), name)
			Expect(files).To(HaveKey("etc/group"), name)
			Expect(files["tmp/"].Mode).To(BeEquivalentTo(0o1777), name)

			config, err := image.ConfigFile()
			Expect(err).NotTo(HaveOccurred())
			Expect(config.Config.Env).To(ContainElement(HavePrefix("PATH=")), name)
		}
	})

	It("tells the two busybox images apart by a file", func() {
		Expect(content(built["busybox:latest"])).NotTo(HaveKey("etc/variant"))
		Expect(content(built["busybox:other"])).To(HaveKey("etc/variant"))
	})

	It("has nobody run one image, and root every other", func() {
		for name, image := range built {
			config, err := image.ConfigFile()
			Expect(err).NotTo(HaveOccurred())

			if name == "busybox:nobody" {
				Expect(config.Config.User).To(Equal("nobody"))
			} else {
				Expect(config.Config.User).To(BeEmpty(), name)
			}
		}
	})

	It("takes the list of users out of the image of Clear Linux, and of no other", func() {
		for name, image := range built {
			if name == "library/clearlinux:latest" {
				Expect(content(image)).NotTo(HaveKey("etc/passwd"))
			} else {
				Expect(content(image)).To(HaveKey("etc/passwd"), name)
			}
		}
	})

	It("puts the three actions into the resources", func() {
		for _, name := range []string{"registry-image-resource:latest", "mock-resource:latest"} {
			for _, action := range []string{"check", "in", "out"} {
				Expect(content(built[name])).To(HaveKey("opt/resource/"+action), name)
			}
		}
	})

	It("puts bash into the mock resource", func() {
		Expect(content(built["mock-resource:latest"])).To(HaveKey("bin/bash"))
	})
})

func build(ctx context.Context, log io.Writer) map[string]images.Image {
	GinkgoHelper()

	list, err := images.Build(ctx, GinkgoT().TempDir(), log)
	Expect(err).NotTo(HaveOccurred())

	byName := map[string]images.Image{}

	for _, image := range list {
		for _, tag := range image.Tags {
			byName[image.Name+":"+tag] = image
		}
	}

	return byName
}

func digest(image images.Image) v1.Hash {
	GinkgoHelper()
	Expect(image.Image).NotTo(BeNil())

	hash, err := image.Digest()
	Expect(err).NotTo(HaveOccurred())

	return hash
}

// content returns the files of the image by their paths.
func content(image images.Image) map[string]*tar.Header {
	GinkgoHelper()

	extracted := mutate.Extract(image)
	defer extracted.Close()

	archive := tar.NewReader(extracted)
	files := map[string]*tar.Header{}

	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}

		Expect(err).NotTo(HaveOccurred())

		name := header.Name
		if header.Typeflag == tar.TypeDir && name[len(name)-1] != '/' {
			name += "/"
		}

		files[name] = header
	}
}
