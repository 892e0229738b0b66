package workercmd

import (
	"path/filepath"

	"code.cloudfoundry.org/lager/v3/lagertest"
	"github.com/jessevdk/go-flags"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"

	"github.com/concourse/concourse-kubernetes/worker/endpoint"
)

var _ = Describe("where the worker's servers listen", func() {
	var workDir string

	BeforeEach(func() { workDir = GinkgoT().TempDir() })

	parse := func(args ...string) *WorkerCommand {
		GinkgoHelper()
		var command WorkerCommand
		parser := flags.NewParser(&command, flags.None)
		parser.NamespaceDelimiter = "-"
		command.LessenRequirements("", parser.Command)
		parser.FindOptionByLongName("tsa-worker-private-key").Required = false
		_, err := parser.ParseArgs(append([]string{"--work-dir", workDir}, args...))
		Expect(err).NotTo(HaveOccurred())
		return &command
	}
	socket := func(name string) endpoint.Endpoint {
		return endpoint.Unix(filepath.Join(workDir, "sockets", name+".sock"))
	}

	It("is a unix socket for each by default, and for any loopback address", func() {
		sockets := endpoints{garden: socket("garden"), baggageclaim: socket("baggageclaim"), debug: socket("debug")}
		Expect(parse().endpoints()).To(Equal(sockets))
		Expect(parse("--bind-ip=::1", "--bind-port=1", "--baggageclaim-bind-ip=127.0.0.2", "--debug-bind-ip=127.0.0.3").endpoints()).To(Equal(sockets))
	})

	DescribeTable("is never an address that others reach",
		func(flag string) {
			_, err := parse(flag).endpoints()
			Expect(err).To(MatchError(And(ContainSubstring(flag), ContainSubstring("without a password"), ContainSubstring("leave the flag out"), ContainSubstring(workDir))))
		},
		Entry("for Garden", "--bind-ip=10.0.0.1"),
		Entry("for Garden, all of them", "--bind-ip=0.0.0.0"),
		Entry("for Garden, all of them of both families", "--bind-ip=::"),
		Entry("for the debugger", "--debug-bind-ip=10.0.0.1"),
		Entry("for Baggageclaim's debugger", "--baggageclaim-debug-bind-ip=10.0.0.1"),
	)

	It("is one address more for other workers to stream volumes to; the log says what that opens", func() {
		log := lagertest.NewTestLogger("worker")
		at, err := parse("--baggageclaim-bind-ip=10.0.0.1", "--baggageclaim-bind-port=1234").endpoints()
		Expect(err).NotTo(HaveOccurred())
		Expect(at.streams).To(HaveValue(Equal(endpoint.Endpoint{Network: "tcp", Address: "10.0.0.1:1234"})))
		Expect(at.garden).To(Equal(socket("garden")))
		Expect(at.baggageclaim).To(Equal(socket("baggageclaim")))

		at.sayWhatIsOpen(log)
		Expect(log).To(gbytes.Say("whoever reaches 10.0.0.1:1234 writes into every volume of this node whose handle he knows, without a password.*docs/security.md"))
	})

	It("opens nothing by default, and says nothing", func() {
		log := lagertest.NewTestLogger("worker")
		at, err := parse().endpoints()
		Expect(err).NotTo(HaveOccurred())
		at.sayWhatIsOpen(log)
		Expect(log.LogMessages()).To(BeEmpty())
	})
})
