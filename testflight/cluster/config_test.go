package cluster

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/concourse/concourse-kubernetes/testflight/host"
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
		config, err := first.node(1).containerdConfig()
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

	It("gives the second node's containerd others", func() {
		config, err := first.node(2).containerdConfig()
		Expect(err).NotTo(HaveOccurred())
		Expect(config).To(And(
			ContainSubstring(`root = "/state/node-2/containerd/root"`),
			ContainSubstring(`conf_dir = "/state/node-2/cni/config"`),
		))
		Expect(config).NotTo(ContainSubstring(`"/state/c`))
	})

	It("has containerd pull over HTTP", func() {
		Expect(string(hostsConfig("10.1.2.3:80"))).To(And(
			HavePrefix(`server = "http://10.1.2.3:80"`), ContainSubstring(`[host."http://10.1.2.3:80"]`)))
	})

	It("has a registry of its own for each process of a suite, which the node knows as the others", func() {
		Expect(first.SpecRegistry()).To(Equal("10.231.0.1:17222"))
		first.Process = MaxProcesses - 1
		Expect(first.SpecRegistry()).To(Equal("10.231.0.1:17229"))
		Expect(first.Registries()).To(ContainElements("10.231.0.1:17220", "10.231.0.1:17221", "10.231.0.1:17222", "10.231.0.1:17229"))
	})

	It("has pods on their node's pod bridge, with addresses of its range", func() {
		Expect(json.Marshal(first.node(1).cniConfig())).To(And(
			ContainSubstring(`"bridge":"ctf-pods"`), ContainSubstring(`"subnet":"10.231.1.0/24"`)))
		Expect(json.Marshal(first.node(2).cniConfig())).To(And(
			ContainSubstring(`"bridge":"ctf-pods-2"`), ContainSubstring(`"subnet":"10.231.5.0/24"`)))
	})

	It("shares nothing with another instance's", func() {
		for _, accessor := range []func(*Cluster) any{
			func(c *Cluster) any { return c.Registry() },
			func(c *Cluster) any { return c.PrivateRegistry() },
			func(c *Cluster) any { return c.PostgresPort() },
		} {
			Expect(accessor(first)).NotTo(Equal(accessor(second)))
		}
	})

	It("has nodes that share nothing with each other and with another instance's", func() {
		for _, accessor := range []func(node) string{
			node.address, node.device, node.podBridge, node.podNetwork, node.podCIDR, node.containerdSocket,
			func(n node) string { return strconv.Itoa(n.port(kubeletPort)) },
			func(n node) string { return strconv.Itoa(n.port(kubeletHealthPort)) },
		} {
			seen := map[string]bool{}
			for _, n := range append(first.possibleNodes(), second.possibleNodes()...) {
				seen[accessor(n)] = true
			}
			Expect(seen).To(HaveLen(4))
		}
	})

	It("has device names that the kernel takes", func() {
		second.Instance = 9
		for _, n := range second.possibleNodes() {
			Expect(len(n.device())).To(BeNumerically("<", 16))
			Expect(len(n.podBridge())).To(BeNumerically("<", 16))
		}
	})

	Describe("of nodes", func() {
		It("has one unless it is told otherwise", func() {
			Expect(first.NodeNames()).To(Equal([]string{"concourse-testflight"}))
			first.Nodes = 2
			Expect(first.NodeNames()).To(Equal([]string{"concourse-testflight", "concourse-testflight-2"}))
		})

		It("remembers a second one", func() {
			c := New(GinkgoT().TempDir(), io.Discard)
			Expect(host.WriteYAML(c.node(2).path("kubelet.yaml"), nil)).To(Succeed())
			Expect(c.NodeNames()).To(HaveLen(2))
			last := c.parts()[len(c.parts())-1]
			Expect(last.Name).To(Equal("kubelet-2"))
		})

		It("has more pods on each than Kubernetes allows by itself, unless it is told a number for the second", func() {
			Expect(first.node(1).kubeletConfig(first.node(1).maxPods())).To(HaveKeyWithValue("maxPods", 200))
			Expect(first.node(2).maxPods()).To(Equal(200))
			first.SecondNodeMaxPods = 5
			Expect(first.node(1).maxPods()).To(Equal(200))
			Expect(first.node(2).kubeletConfig(first.node(2).maxPods())).To(HaveKeyWithValue("maxPods", 5))
		})

		It("has more pods on each than Kubernetes allows by itself, unless it is told a number for the second", func() {
			Expect(first.node(1).kubeletConfig(first.node(1).maxPods())).To(HaveKeyWithValue("maxPods", 200))
			Expect(first.node(2).maxPods()).To(Equal(200))
			first.SecondNodeMaxPods = 5
			Expect(first.node(1).maxPods()).To(Equal(200))
			Expect(first.node(2).kubeletConfig(first.node(2).maxPods())).To(HaveKeyWithValue("maxPods", 5))
		})

		It("has no third", func(ctx SpecContext) {
			c := New(filepath.Join(GinkgoT().TempDir(), "none"), io.Discard)
			c.Nodes = 3
			Expect(c.Up(ctx)).To(MatchError(ContainSubstring("ask for 1 to 2")))
		})
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
		for _, n := range c.possibleNodes() {
			Expect(parsed(serving).Verify(x509.VerifyOptions{DNSName: n.address(), Roots: roots})).NotTo(BeEmpty())
		}
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
