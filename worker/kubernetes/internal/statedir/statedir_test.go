package statedir_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3/lagertest"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/statedir"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

func TestSuite(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "State on the disk")
}

const handle = "1a2b3c4d"

var _ = Describe("the state of a container", func() {
	var (
		dir  string
		root *statedir.Root
	)

	// comesBack is the root as a worker sees it that was restarted.
	comesBack := func() *statedir.Root {
		GinkgoHelper()
		again := statedir.NewRoot(context.Background(), dir, lagertest.NewTestLogger("worker"))
		Expect(again.Prepare()).To(Succeed())
		return again
	}

	BeforeEach(func() {
		dir = filepath.Join(GinkgoT().TempDir(), "containers")
		root = comesBack()
	})

	// full has a value in each field.
	full := statedir.Record{
		PodName:        "demo-task-unit-1a2b3c4d",
		GraceTime:      time.Minute,
		Properties:     garden.Properties{"user": "root"},
		Processes:      []string{"task"},
		ImageDirectory: "/volumes/live/x/volume/rootfs",
		HasSecret:      true,
		Hermetic:       true,
		HasEnvironment: true,
		Run:            3,
		BootID:         "this-boot",
		Phase:          lifecycle.GaveWay,
		Reason:         "its pod made room",
		Exited:         map[string]statedir.Exit{"task": {Status: 3, Delivered: podinit.Delivered{Stdout: 7, Stderr: 8}}},
	}

	It("is in memory alone until its first pod is to be made", func() {
		state := root.New(handle, full)
		Expect(state.Read()).To(Equal(full))
		Expect(root.Handles()).To(BeEmpty())
		Expect(state.Dir()).NotTo(BeADirectory())
	})

	It("survives the worker, with all that it holds", func() {
		for name, value := range reflect.ValueOf(full).Fields() {
			Expect(value.IsZero()).To(BeFalse(), name.Name)
		}
		state := root.New(handle, statedir.Record{})
		_, err := state.NextRun()
		Expect(err).NotTo(HaveOccurred())
		Expect(state.Change(func(r *statedir.Record) { *r = full })).To(Succeed())

		again := comesBack()
		Expect(again.Handles()).To(HaveExactElements(handle))
		loaded, err := again.Load(handle)
		Expect(err).NotTo(HaveOccurred())
		Expect(loaded.Read()).To(Equal(full))
		Expect(loaded.RunDir()).To(Equal(filepath.Join(dir, handle, "run", "3")))
	})

	It("has another run directory for each pod, also after the worker was restarted", func() {
		state := root.New(handle, statedir.Record{})
		Expect(state.NextRun()).To(Equal(filepath.Join(dir, handle, "run", "1")))
		Expect(state.RunDir()).To(Equal(filepath.Join(dir, handle, "run", "1")))
		Expect(state.NextRun()).To(Equal(filepath.Join(dir, handle, "run", "2")))

		loaded, err := comesBack().Load(handle)
		Expect(err).NotTo(HaveOccurred())
		Expect(loaded.RunDir()).To(Equal(filepath.Join(dir, handle, "run", "2")))
		Expect(loaded.NextRun()).To(Equal(filepath.Join(dir, handle, "run", "3")))
		for _, run := range []string{"1", "2", "3"} {
			info, err := os.Stat(filepath.Join(dir, handle, "run", run))
			Expect(err).NotTo(HaveOccurred())
			Expect(info.Mode().Perm()).To(BeEquivalentTo(0o700))
		}
	})

	It("is written for root alone", func() {
		state := root.New(handle, full)
		_, err := state.NextRun()
		Expect(err).NotTo(HaveOccurred())
		info, err := os.Stat(filepath.Join(state.Dir(), "container.json"))
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Mode().Perm()).To(BeEquivalentTo(0o600))
	})

	It("is what it was if it can't be written", func() {
		state := root.New(handle, full)
		root.Write = func(string, []byte) error { return errors.New("no space left on device") }
		Expect(state.Change(func(r *statedir.Record) { r.Phase = lifecycle.Ended; r.Exited["task"] = statedir.Exit{Status: 4} })).To(
			MatchError("write the container's state: no space left on device"))
		Expect(state.Read()).To(Equal(full))
	})

	It("is changed by nobody who reads it", func() {
		state := root.New(handle, full)
		read := state.Read()
		read.Properties["user"], read.Processes[0], read.Exited["task"] = "nobody", "other", statedir.Exit{Status: 9}
		Expect(state.Read()).To(Equal(full))
		Expect(root.New(handle, statedir.Record{}).Read().Properties).NotTo(BeNil())
	})

	It("can be read while the disk is slow", func() {
		state := root.New(handle, full)
		writing, letGo, changed := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		root.Write = func(string, []byte) error {
			close(writing)
			<-letGo
			return nil
		}
		go func() { changed <- state.Change(func(r *statedir.Record) { r.Phase = lifecycle.Ended }) }()
		Eventually(writing).Should(BeClosed())
		Expect(state.Read().Phase).To(Equal(lifecycle.GaveWay))
		close(letGo)
		Eventually(changed).Should(Receive(BeNil()))
		Expect(state.Read().Phase).To(Equal(lifecycle.Ended))
	})

	It("says which file can't be read", func() {
		_, err := root.Load(handle)
		Expect(err).To(MatchError(ContainSubstring(filepath.Join(dir, handle, "container.json"))))

		Expect(os.Mkdir(filepath.Join(dir, handle), 0o700)).To(Succeed())
		file := filepath.Join(dir, handle, "container.json")
		Expect(os.WriteFile(file, []byte("{"), 0o600)).To(Succeed())
		_, err = root.Load(handle)
		Expect(err).To(MatchError(ContainSubstring(file)))
	})

	It("is gone at once when it is discarded, and from the disk soon", func() {
		state := root.New(handle, full)
		runDir, err := state.NextRun()
		Expect(err).NotTo(HaveOccurred())
		Expect(os.WriteFile(filepath.Join(runDir, "task.stdout"), []byte("output"), 0o600)).To(Succeed())
		Expect(root.Discard(handle)).To(Succeed())
		Expect(root.Handles()).To(BeEmpty())
		Eventually(func() ([]os.DirEntry, error) { return os.ReadDir(dir + "-removed") }).Should(BeEmpty())
		Expect(root.Discard(handle)).To(Succeed(), "there is none")
	})
})

var _ = Describe("replacing a file", func() {
	It("leaves the old one or the new one, and nothing else", func() {
		dir := GinkgoT().TempDir()
		file := filepath.Join(dir, "file")
		Expect(statedir.Replace(file, []byte("old"))).To(Succeed())
		old, err := os.Open(file)
		Expect(err).NotTo(HaveOccurred())
		defer old.Close()

		Expect(statedir.Replace(file, []byte("new"))).To(Succeed())
		Expect(os.ReadFile(file)).To(BeEquivalentTo("new"))
		Expect(os.ReadDir(dir)).To(HaveLen(1))

		By("writing another file: who has the old one open reads all of it")
		before, err := old.Stat()
		Expect(err).NotTo(HaveOccurred())
		after, err := os.Stat(file)
		Expect(err).NotTo(HaveOccurred())
		Expect(os.SameFile(before, after)).To(BeFalse())
		content := make([]byte, 3)
		Expect(old.Read(content)).To(Equal(3))
		Expect(content).To(BeEquivalentTo("old"))
	})

	It("leaves the old one if the new one can't be written", func() {
		file := filepath.Join(GinkgoT().TempDir(), "missing", "file")
		Expect(statedir.Replace(file, []byte("new"))).NotTo(Succeed())
		Expect(file).NotTo(BeAnExistingFile())
	})
})
