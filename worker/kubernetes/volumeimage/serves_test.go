package volumeimage_test

import (
	"code.cloudfoundry.org/lager/v3/lagertest"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/volumeimage"
)

var _ = Describe("a reference", func() {
	serves := func(registry, reference string) bool {
		return volumeimage.New("/volumes", registry, plenty, lagertest.NewTestLogger("worker")).Serves(reference)
	}

	DescribeTable("to the registry of the volumes is known, however it is spelled",
		func(reference string) { Expect(serves("127.0.0.1:7790", reference)).To(BeTrue()) },
		Entry(nil, "127.0.0.1:7790/volume@sha256:0"),
		Entry(nil, "127.0.0.1:07790/volume@sha256:0"),
		Entry(nil, "/127.0.0.1:7790/volume@sha256:0"),
		Entry(nil, "localhost:7790/volume@sha256:0"),
		Entry(nil, "LocalHost:7790/volume@sha256:0"),
		Entry(nil, "localhost.:7790/volume@sha256:0"),
		Entry(nil, "localhost.localdomain:7790/volume@sha256:0"),
		Entry(nil, "a.localhost:7790/volume@sha256:0"),
		Entry(nil, "ip6-localhost:7790/volume@sha256:0"),
		Entry(nil, "127.9.8.7:7790/volume@sha256:0"),
		Entry(nil, "127.1:7790/volume@sha256:0"),
		Entry(nil, "2130706433:7790/volume@sha256:0"),
		Entry(nil, "0x7f.1:7790/volume@sha256:0"),
		Entry(nil, "0177.0.0.1:7790/volume@sha256:0"),
		Entry(nil, "0.0.0.0:7790/volume@sha256:0"),
		Entry(nil, "0:7790/volume@sha256:0"),
		Entry(nil, "[::1]:7790/volume@sha256:0"),
		Entry(nil, "[0:0:0:0:0:0:0:1]:7790/volume@sha256:0"),
		Entry(nil, "[::ffff:127.0.0.1]:7790/volume@sha256:0"),
		Entry(nil, "[::]:7790/volume@sha256:0"),
		Entry(nil, "127.0.0.1:7790/other/repository:tag"),
	)

	DescribeTable("to another registry is not",
		func(reference string) { Expect(serves("127.0.0.1:7790", reference)).To(BeFalse()) },
		Entry("of Docker Hub", "library/busybox"),
		Entry("of Docker Hub, without a folder", "busybox:7790"),
		Entry("on another port of the node", "127.0.0.1:5000/busybox"),
		Entry("without a port", "localhost/busybox"),
		Entry("of that port, elsewhere", "10.1.2.3:7790/busybox"),
		Entry("of that port, by a name", "registry.example.com:7790/busybox"),
	)

	It("without a port asks that of HTTP", func() {
		Expect(serves("127.0.0.1:80", "localhost/volume@sha256:0")).To(BeTrue())
		Expect(serves("127.0.0.1:80", "[::1]/volume@sha256:0")).To(BeTrue())
		Expect(serves("127.0.0.1:80", "busybox")).To(BeFalse())
	})
})
