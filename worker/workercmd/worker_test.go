package workercmd

import (
	"github.com/concourse/concourse/atc"
	"github.com/jessevdk/go-flags"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("WorkerCommand", func() {
	DescribeTable("knows the runtimes of upstream and kubernetes",
		func(runtime string) {
			command, err := parse("--runtime", runtime)
			Expect(err).NotTo(HaveOccurred())
			Expect(command.Runtime).To(Equal(runtime))
		},
		Entry("containerd", "containerd"),
		Entry("houdini", "houdini"),
		Entry("kubernetes", "kubernetes"),
	)

	It("says of each address what loopback means with kubernetes", func() {
		var command WorkerCommand
		parser := flags.NewParser(&command, flags.None)
		parser.NamespaceDelimiter = "-"
		command.LessenRequirements("", parser.Command)
		for _, name := range []string{"bind-ip", "debug-bind-ip", "baggageclaim-bind-ip", "baggageclaim-debug-bind-ip"} {
			Expect(parser.FindOptionByLongName(name).Description).To(ContainSubstring("unix socket"), name)
		}
	})

	It("knows no other", func() {
		_, err := parse("--runtime", "docker")
		Expect(err).To(MatchError(ContainSubstring("kubernetes")))
	})

	It("does not go with a Garden server elsewhere", func() {
		command, err := parse("--runtime", "kubernetes", "--external-garden-url", "http://127.0.0.1:1")
		Expect(err).NotTo(HaveOccurred())
		_, err = command.Runner(nil)
		Expect(err).To(MatchError(ContainSubstring("--external-garden-url")))
	})

	It("knows the limits of a volume's image, as quantities", func() {
		command, err := parse()
		Expect(err).NotTo(HaveOccurred())
		Expect(command.Kubernetes.VolumeImageMaxSize.Value()).To(BeEquivalentTo(20 << 30))
		Expect(command.Kubernetes.VolumeImageMaxMemory.Value()).To(BeEquivalentTo(64 << 20))

		command, err = parse("--kubernetes-volume-image-max-size", "1500M")
		Expect(err).NotTo(HaveOccurred())
		Expect(command.Kubernetes.VolumeImageMaxSize.Value()).To(BeEquivalentTo(1_500_000_000))

		for _, wrong := range []string{"much", "0", "-1Gi"} {
			_, err := parse("--kubernetes-volume-image-max-size=" + wrong)
			Expect(err).To(MatchError(And(ContainSubstring("volume-image-max-size"), ContainSubstring(wrong))))
		}
	})

	It("knows how much CPU a CPU share reserves, down to nothing", func() {
		command, err := parse()
		Expect(err).NotTo(HaveOccurred())
		Expect(command.Kubernetes.CPUReservedPerShare.String()).To(Equal("20u"))

		command, err = parse("--kubernetes-cpu-reserved-per-share", "0")
		Expect(err).NotTo(HaveOccurred())
		Expect(command.Kubernetes.CPUReservedPerShare.IsZero()).To(BeTrue())

		for _, wrong := range []string{"little", "-1u", "2"} {
			_, err := parse("--kubernetes-cpu-reserved-per-share=" + wrong)
			Expect(err).To(MatchError(And(ContainSubstring("cpu-reserved-per-share"), ContainSubstring(wrong))))
		}
	})

	Describe("base resource types", func() {
		types := func(args ...string) ([]atc.WorkerResourceType, error) {
			GinkgoHelper()
			command, err := parse(args...)
			Expect(err).NotTo(HaveOccurred())
			return command.Kubernetes.resourceTypes()
		}

		It("are Concourse's usual ones by default, docker-image privileged", func() {
			Expect(types()).To(And(
				ContainElement(atc.WorkerResourceType{Type: "git", Image: "docker:///concourse/git-resource", Version: "concourse/git-resource"}),
				ContainElement(And(HaveField("Type", "docker-image"), HaveField("Privileged", true))),
			))
		})

		It("can be added, replaced and removed", func() {
			Expect(types("--kubernetes-resource-type", "mine=ghcr.io/a/mine:2", "--kubernetes-resource-type", "git=ghcr.io/a/git", "--kubernetes-resource-type", "hg=")).To(And(
				ContainElement(HaveField("Image", "docker:///ghcr.io/a/mine:2")),
				ContainElement(And(HaveField("Type", "git"), HaveField("Image", "docker:///ghcr.io/a/git"))),
				Not(ContainElement(HaveField("Type", "hg"))),
			))
		})

		It("must have images that are references", func() {
			_, err := types("--kubernetes-resource-type", "mine=Not An Image")
			Expect(err).To(MatchError(And(ContainSubstring("mine=Not An Image"), ContainSubstring("not an image reference"))))
		})
	})
})

// parse reads the flags of a worker.
func parse(args ...string) (*WorkerCommand, error) {
	GinkgoHelper()
	var command WorkerCommand
	parser := flags.NewParser(&command, flags.None)
	parser.NamespaceDelimiter = "-"
	command.LessenRequirements("", parser.Command)
	parser.FindOptionByLongName("tsa-worker-private-key").Required = false
	_, err := parser.ParseArgs(append([]string{"--work-dir", GinkgoT().TempDir()}, args...))
	return &command, err
}
