package images

import (
	"archive/tar"
	"errors"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("A layer", func() {
	hello := file("usr/bin/hello", 0o755, []byte("hello"))
	world := link("bin/world", "/usr/bin/hello")

	It("does not depend on the order of its entries", func() {
		Expect(digestOf(hello, world)).To(Equal(digestOf(world, hello)))
	})

	It("depends on the content of a file", func() {
		Expect(digestOf(hello)).NotTo(Equal(digestOf(file("usr/bin/hello", 0o755, []byte("bye")))))
	})

	It("has each directory once, before what lies in it", func() {
		Expect(namesIn(hello, file("usr/bin/other", 0o755, nil), world)).To(Equal([]string{
			"bin/", "bin/world", "usr/", "usr/bin/", "usr/bin/hello", "usr/bin/other",
		}))
	})

	It("keeps the mode and owner of a directory that it names", func() {
		headers := headersIn(directory("tmp", 0o1777), file("tmp/file", 0o644, nil), homeOf(1000, "home/someone"))

		Expect(headers["tmp/"].Mode).To(BeEquivalentTo(0o1777))
		Expect(headers["home/someone/"].Uid).To(Equal(1000))
		Expect(headers["home/"].Uid).To(Equal(0))
	})

	It("carries no times", func() {
		for _, header := range headersIn(hello, world) {
			Expect(header.ModTime.Unix()).To(BeZero())
		}
	})
})

func digestOf(entries ...entry) v1.Hash {
	GinkgoHelper()

	layer, err := newLayer(entries)
	Expect(err).NotTo(HaveOccurred())

	digest, err := layer.Digest()
	Expect(err).NotTo(HaveOccurred())

	return digest
}

func namesIn(entries ...entry) []string {
	GinkgoHelper()

	var names []string

	read(entries, func(header *tar.Header) { names = append(names, header.Name) })

	return names
}

func headersIn(entries ...entry) map[string]*tar.Header {
	GinkgoHelper()

	headers := map[string]*tar.Header{}

	read(entries, func(header *tar.Header) { headers[header.Name] = header })

	return headers
}

func read(entries []entry, each func(*tar.Header)) {
	GinkgoHelper()

	layer, err := newLayer(entries)
	Expect(err).NotTo(HaveOccurred())

	content, err := layer.Uncompressed()
	Expect(err).NotTo(HaveOccurred())

	archive := tar.NewReader(content)

	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return
		}

		Expect(err).NotTo(HaveOccurred())
		each(header)
	}
}
