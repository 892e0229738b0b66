package weave_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/concourse/concourse-kubernetes/atc/atccmd/weave"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const source = `package sample

import "example.com/engine"

type Command struct {
	Name string
}

func (c *Command) build(pool Pool) any {
	return engine.New(pool, worker.Factory{Name: c.Name})
}
`

func upstreamRoot() string {
	GinkgoHelper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/concourse/concourse").Output()
	Expect(err).NotTo(HaveOccurred())
	return strings.TrimSpace(string(dir))
}

var _ = Describe("File", func() {
	DescribeTable("rewrites the one place that it looks for",
		func(rewrite weave.Rewrite, expected string) {
			woven, err := weave.File("sample.go", []byte(source), []weave.Rewrite{rewrite})
			Expect(err).NotTo(HaveOccurred())
			Expect(string(woven)).To(ContainSubstring(expected))
		},
		Entry("an import", weave.Import("ours", "example.com/ours"), `ours "example.com/ours"`),
		Entry("an import in another's stead", weave.ReplaceImport("example.com/engine", "example.com/ours"), `import "example.com/ours"`),
		Entry("a field", weave.Field("Command", "Flags", "ours", "Flags", `group:"Ours"`), "Flags ours.Flags `group:\"Ours\"`"),
		Entry("a call", weave.ReplaceCall("engine", "New", "ours"), "ours.New(pool, "),
		Entry("a call with a further argument", weave.ReplaceCall("engine", "New", "ours", [2]string{"c", "Flags"}), "c.Flags,"),
		Entry("a literal", weave.WrapLiteral("worker", "Factory", "ours", "Wrap"), "ours.Wrap(worker.Factory{Name: c.Name})"),
	)

	It("says that the result is generated", func() {
		woven, err := weave.File("sample.go", []byte(source), nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(woven)).To(MatchRegexp(`^// Code generated .* DO NOT EDIT\.\n`))
	})

	DescribeTable("fails by name when a place is not there exactly once",
		func(rewrite weave.Rewrite, changed string, found int) {
			_, err := weave.File("sample.go", []byte(changed), []weave.Rewrite{rewrite})
			var anchor *weave.AnchorError
			Expect(err).To(BeAssignableToTypeOf(anchor))
			Expect(err).To(HaveField("Found", found))
			Expect(err).To(MatchError(And(ContainSubstring("sample.go"), ContainSubstring(rewrite.Name))))
		},
		Entry("no call", weave.ReplaceCall("engine", "New", "ours"), strings.Replace(source, "engine.New", "engine.Old", 1), 0),
		Entry("two calls", weave.ReplaceCall("engine", "New", "ours"), source+"\nvar _ = engine.New(nil)\n", 2),
		Entry("no struct", weave.Field("Command", "Flags", "ours", "Flags", ""), strings.ReplaceAll(source, "Command", "Other"), 0),
		Entry("no literal", weave.WrapLiteral("worker", "Factory", "ours", "Wrap"), strings.Replace(source, "worker.Factory", "worker.Other", 1), 0),
		Entry("two literals", weave.WrapLiteral("worker", "Factory", "ours", "Wrap"), source+"\nvar _ = worker.Factory{}\n", 2),
		Entry("no such import", weave.ReplaceImport("example.com/engine", "example.com/ours"), strings.Replace(source, "example.com/engine", "example.com/other", 1), 0),
		Entry("no import at all", weave.Import("ours", "example.com/ours"), strings.Replace(source, `import "example.com/engine"`, "", 1), 0),
	)
})

var _ = Describe("Package.Generate", func() {
	It("weaves upstream as it is", func() {
		root := GinkgoT().TempDir()
		for _, pkg := range weave.Packages() {
			Expect(os.MkdirAll(filepath.Join(root, pkg.Folder), 0o755)).To(Succeed())
			Expect(pkg.Generate(upstreamRoot(), root)).To(Succeed())
		}
		command, err := os.ReadFile(filepath.Join(root, "atc/atccmd/command_gen.go"))
		Expect(err).NotTo(HaveOccurred())
		Expect(string(command)).To(And(
			ContainSubstring("kubernetesengine.NewStepperFactory("),
			ContainSubstring("kubernetesworker.NewFactory(worker.DefaultFactory{"),
		))
	})

	It("writes nothing when a file that it rewrites is not there", func() {
		root := GinkgoT().TempDir()
		Expect(os.MkdirAll(filepath.Join(root, "atc/atccmd"), 0o755)).To(Succeed())

		pkg := weave.Package{Folder: "atc/atccmd", Rewrites: map[string][]weave.Rewrite{"gone.go": nil}}
		Expect(pkg.Generate(upstreamRoot(), root)).To(MatchError(ContainSubstring("gone.go")))
		Expect(filepath.Glob(filepath.Join(root, "atc/atccmd/*"))).To(BeEmpty())
	})
})
