package cluster

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/tools/clientcmd"
)

var _ = Describe("A cluster's configuration", func() {
	var first, second *Cluster

	BeforeEach(func() {
		first = New("/state", io.Discard)
		second = New("/state2", io.Discard)
		second.Instance = 1
	})

	It("gives containerd folders of its own", func() {
		config, err := first.containerdConfig()
		Expect(err).NotTo(HaveOccurred())
		Expect(config).To(And(
			ContainSubstring(`root = "/state/containerd/root"`),
			ContainSubstring(`state = "/state/containerd/state"`),
			ContainSubstring(`address = "/state/containerd/containerd.sock"`),
			ContainSubstring(`conf_dir = "/state/cni/config"`),
			ContainSubstring(`config_path = "/state/containerd/registries"`),
			ContainSubstring("restrict_oom_score_adj = true"),
		))
	})

	It("has containerd pull over HTTP", func() {
		Expect(string(hostsConfig("10.1.2.3:80"))).To(And(
			HavePrefix(`server = "http://10.1.2.3:80"`), ContainSubstring(`[host."http://10.1.2.3:80"]`)))
	})

	It("has pods on the pod bridge, with addresses of their range", func() {
		Expect(json.Marshal(first.cniConfig())).To(And(
			ContainSubstring(`"bridge":"ctf-pods"`), ContainSubstring(`"subnet":"10.231.1.0/24"`)))
	})

	It("shares nothing with another instance's", func() {
		for _, accessor := range []func(*Cluster) any{
			func(c *Cluster) any { return c.Registry() },
			func(c *Cluster) any { return c.PrivateRegistry() },
			func(c *Cluster) any { return c.PostgresPort() },
			func(c *Cluster) any { return c.NodeAddress() },
			func(c *Cluster) any { return c.nodeDevice() },
			func(c *Cluster) any { return c.podBridge() },
			func(c *Cluster) any { return c.podCIDR() },
		} {
			Expect(accessor(first)).NotTo(Equal(accessor(second)))
		}
	})

	It("has certificates that its servers can be known by", func(ctx SpecContext) {
		c := New(GinkgoT().TempDir(), io.Discard)
		Expect(c.writeCertificates(ctx)).To(Succeed())

		config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig())
		Expect(err).NotTo(HaveOccurred())
		Expect(config.Host).To(Equal("https://10.231.0.1:17210"))

		roots := x509.NewCertPool()
		Expect(roots.AppendCertsFromPEM(config.CAData)).To(BeTrue())
		serving, err := os.ReadFile(c.certificate("serving"))
		Expect(err).NotTo(HaveOccurred())
		Expect(parsed(serving).Verify(x509.VerifyOptions{DNSName: c.NodeAddress(), Roots: roots})).NotTo(BeEmpty())
		Expect(parsed(config.CertData).Subject.Organization).To(ConsistOf("system:masters"))
	})
})

func parsed(encoded []byte) *x509.Certificate {
	GinkgoHelper()
	block, _ := pem.Decode(encoded)
	Expect(block).NotTo(BeNil())
	certificate, err := x509.ParseCertificate(block.Bytes)
	Expect(err).NotTo(HaveOccurred())
	return certificate
}
