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

var _ = Describe("Generate", func() {
	var root string

	BeforeEach(func() {
		root = GinkgoT().TempDir()
		for _, pkg := range weave.Packages() {
			Expect(os.MkdirAll(filepath.Join(root, pkg.Folder), 0o755)).To(Succeed())
		}
	})

	generate := func() {
		GinkgoHelper()
		Expect(weave.Generate(upstreamRoot(), root, weave.Packages())).To(Succeed())
	}

	It("weaves upstream as it is", func() {
		generate()
		command, err := os.ReadFile(filepath.Join(root, "atc/atccmd/command_gen.go"))
		Expect(err).NotTo(HaveOccurred())
		Expect(string(command)).To(And(
			ContainSubstring("kubernetesengine.NewStepperFactory("),
			ContainSubstring("kubernetesworker.NewFactory(worker.DefaultFactory{"),
		))
	})

	It("writes and removes nothing when a file that one of the packages rewrites is not there", func() {
		generate()
		woven, err := filepath.Glob(filepath.Join(root, "cmd/concourse/*"))
		Expect(err).NotTo(HaveOccurred())
		Expect(woven).NotTo(BeEmpty())

		packages := append(weave.Packages()[:1:1], weave.Package{Folder: "cmd/concourse", Rewrites: map[string][]weave.Rewrite{"gone.go": nil}})
		Expect(os.Remove(filepath.Join(root, "atc/atccmd/command_gen.go"))).To(Succeed())
		Expect(weave.Generate(upstreamRoot(), root, packages)).To(MatchError(ContainSubstring("gone.go")))
		Expect(filepath.Glob(filepath.Join(root, "cmd/concourse/*"))).To(Equal(woven))
		Expect(filepath.Join(root, "atc/atccmd/command_gen.go")).NotTo(BeAnExistingFile())
	})

	Describe("where files are that are not made any more", func() {
		file := func(name, content string) string {
			GinkgoHelper()
			path := filepath.Join(root, name)
			Expect(os.MkdirAll(filepath.Dir(path), 0o755)).To(Succeed())
			Expect(os.WriteFile(path, []byte(content), 0o644)).To(Succeed())
			return path
		}

		It("removes those that it wove", func() {
			woven, err := weave.File("sample.go", []byte(source), nil)
			Expect(err).NotTo(HaveOccurred())
			gone := file("atc/atccmd/gone_gen.go", string(woven))
			ofGonePackage := file("atc/gone/some_gen.go", string(woven))

			generate()
			Expect(gone).NotTo(BeAnExistingFile())
			Expect(ofGonePackage).NotTo(BeAnExistingFile())
			Expect(filepath.Join(root, "atc/atccmd/command_gen.go")).To(BeAnExistingFile())
		})

		It("leaves those of others", func() {
			others := []string{
				file("atc/atccmd/fake_gen.go", "// Code generated by counterfeiter. DO NOT EDIT.\n"),
				file("atc/atccmd/gone.go", source),
			}
			generate()
			for _, path := range others {
				Expect(path).To(BeAnExistingFile())
			}
		})
	})
})
