package repositories_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/repositories"
)

func TestSuite(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Private repositories")
}

var _ = Describe("a repository", func() {
	const private = "registry.example.com/team/private"

	var (
		file  string
		known *repositories.Private
	)

	load := func() *repositories.Private {
		GinkgoHelper()
		loaded, err := repositories.Load(file)
		Expect(err).NotTo(HaveOccurred())
		return loaded
	}

	BeforeEach(func() {
		file = filepath.Join(GinkgoT().TempDir(), "private-repositories.json")
		known = load()
	})

	It("is nobody's at first", func() {
		Expect(known.Holds(private)).To(BeFalse())
		Expect(file).NotTo(BeAnExistingFile())
	})

	It("is private while pods with a login may be pulling from it, until the last of them", func() {
		first, second := known.Pull(private), known.Pull(private)
		Expect(known.Holds(private)).To(BeTrue())
		first()
		Expect(known.Holds(private)).To(BeTrue())
		second()
		Expect(known.Holds(private)).To(BeFalse())
	})

	It("is private for good once it was pulled from, also for a worker that was restarted", func() {
		release := known.Pull(private)
		Expect(known.Remember(private)).To(Succeed())
		release()
		Expect(known.Remember("registry.example.com/other")).To(Succeed())
		for _, one := range []*repositories.Private{known, load()} {
			Expect(one.Holds(private)).To(BeTrue())
			Expect(one.Holds("registry.example.com/other")).To(BeTrue())
			Expect(one.Holds("registry.example.com/team")).To(BeFalse())
		}
	})

	It("is written down once", func() {
		Expect(known.Remember(private)).To(Succeed())
		known.Write = func(string, []byte) error { return errors.New("written again") }
		Expect(known.Remember(private)).To(Succeed())
		Expect(os.ReadFile(file)).To(MatchJSON(`["` + private + `"]`))
	})

	It("is written down with each other that is at the same time", func() {
		var all sync.WaitGroup
		names := []string{"a", "b", "c", "d", "e", "f"}
		for _, name := range names {
			all.Go(func() {
				defer GinkgoRecover()
				Expect(known.Remember(name)).To(Succeed())
			})
		}
		all.Wait()
		again := load()
		for _, name := range names {
			Expect(again.Holds(name)).To(BeTrue(), name)
		}
	})

	It("is not said to be remembered if it can't be written down", func() {
		known.Write = func(string, []byte) error { return errors.New("no space left on device") }
		Expect(known.Remember(private)).To(MatchError("write which repositories are private: no space left on device"))
		Expect(known.Holds(private)).To(BeFalse())
	})

	It("without a name, of what is no reference, is nobody's", func() {
		Expect(known.Remember("")).To(Succeed())
		Expect(known.Holds("")).To(BeFalse())
		Expect(file).NotTo(BeAnExistingFile())
	})

	It("can be asked about while the disk is slow", func() {
		writing, letGo, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		known.Write = func(string, []byte) error {
			close(writing)
			<-letGo
			return nil
		}
		go func() { done <- known.Remember(private) }()
		Eventually(writing).Should(BeClosed())
		Expect(known.Holds("another")).To(BeFalse())
		close(letGo)
		Eventually(done).Should(Receive(BeNil()))
		Expect(known.Holds(private)).To(BeTrue())
	})

	It("is not taken for nobody's because the file can't be read", func() {
		Expect(os.WriteFile(file, []byte("["), 0o600)).To(Succeed())
		_, err := repositories.Load(file)
		Expect(err).To(MatchError(ContainSubstring(file)))
		Expect(os.Remove(file)).To(Succeed())
		Expect(os.Mkdir(file, 0o700)).To(Succeed())
		_, err = repositories.Load(file)
		Expect(err).To(MatchError(ContainSubstring(file)))
	})
})
