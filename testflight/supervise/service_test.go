package supervise_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/supervise"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Describe("A service", func() {
	var (
		dir    string
		sleeps supervise.Service
	)

	script := func(name, text string) supervise.Service { return scriptIn(dir, name, text) }

	BeforeEach(func() {
		dir = GinkgoT().TempDir()
		sleeps = script("sleeper", "echo sleeping; exec sleep 100")
	})

	It("is not alive before it is run, and is after", func(ctx SpecContext) {
		_, err := sleeps.Process()
		Expect(err).To(MatchError(supervise.ErrNoProcess))

		Expect(sleeps.Run(ctx)).To(Succeed())

		running, err := sleeps.Process()
		Expect(err).NotTo(HaveOccurred())
		Expect(running.Alive()).To(BeTrue())
	})

	It("is kept when it is run again", func(ctx SpecContext) {
		Expect(sleeps.Run(ctx)).To(Succeed())
		first, err := sleeps.Process()
		Expect(err).NotTo(HaveOccurred())

		Expect(sleeps.Run(ctx)).To(Succeed())
		Expect(sleeps.Process()).To(Equal(first))
	})

	It("is not alive when another process has its id", func(ctx SpecContext) {
		Expect(sleeps.Run(ctx)).To(Succeed())
		running, err := sleeps.Process()
		Expect(err).NotTo(HaveOccurred())
		write := func(process supervise.Process) {
			GinkgoHelper()
			content, err := json.Marshal(process)
			Expect(err).NotTo(HaveOccurred())
			Expect(os.WriteFile(filepath.Join(dir, "pids", "sleeper.json"), content, 0o600)).To(Succeed())
		}
		DeferCleanup(write, running)

		write(supervise.Process{ID: running.ID, Started: running.Started - 1})

		_, err = sleeps.Process()
		Expect(err).To(MatchError(supervise.ErrNoProcess))
	})

	It("has no environment but its own", func(ctx SpecContext) {
		GinkgoT().Setenv("INHERITED", "value")
		for _, environment := range [][]string{nil, {"OWN=value"}} {
			shows := script(fmt.Sprintf("shows-%d", len(environment)), "exec /usr/bin/tail -f /dev/null")
			shows.Environment = environment
			Expect(shows.Run(ctx)).To(Succeed())
			running, err := shows.Process()
			Expect(err).NotTo(HaveOccurred())
			Eventually(os.ReadFile).WithArguments(fmt.Sprintf("/proc/%d/environ", running.ID)).Should(WithTransform(
				func(environ []byte) []string { return strings.Split(string(environ), "\x00") },
				And(Not(ContainElement(HavePrefix("INHERITED="))), ContainElements(environment))))
		}
	})

	It("is waited for until it is ready", func(ctx SpecContext) {
		asked := 0
		sleeps.Ready = func(context.Context) error {
			if asked++; asked < 3 {
				return errors.New("not yet")
			}
			return nil
		}
		Expect(sleeps.Run(ctx)).To(Succeed())
		Expect(asked).To(Equal(3))
	})

	It("is not waited for any longer once it has died", func(ctx SpecContext) {
		broken := script("broken", "echo the port is taken; exit 1")
		broken.Ready = func(context.Context) error { return errors.New("connection refused") }
		Expect(broken.Run(ctx)).To(MatchError(And(
			ContainSubstring("broken has died"), ContainSubstring("the port is taken"))))
	}, SpecTimeout(5*time.Second))

	It("says why it isn't ready when the wait is cut short", func() {
		ctx, cancel := context.WithCancel(context.Background())
		sleeps.Ready = func(context.Context) error { cancel(); return errors.New("connection refused") }
		err := sleeps.Run(ctx)
		Expect(err).To(MatchError(ContainSubstring("connection refused")))
		Expect(err).To(MatchError(context.Canceled))
	})

	It("is killed if it doesn't stop when asked", func(ctx SpecContext) {
		deaf := script("deaf", "trap '' TERM; echo ready; while :; do sleep 0.1; done")
		deaf.Ready = func(context.Context) error {
			if said, err := os.ReadFile(deaf.LogFile()); string(said) != "ready\n" {
				return fmt.Errorf("it said %q (%w)", said, err)
			}
			return nil
		}
		Expect(deaf.Run(ctx)).To(Succeed())
		running, err := deaf.Process()
		Expect(err).NotTo(HaveOccurred())

		Expect(running.End(ctx, unix.SIGTERM, 20*time.Millisecond)).To(Succeed())
		Expect(running.Alive()).To(BeFalse())
	})

	It("may be stopped when it isn't alive", func(ctx SpecContext) {
		Expect(sleeps.Stop(ctx)).To(Succeed())
	})
})

// scriptIn is a service below dir that runs a shell script. It ends with the spec.
func scriptIn(dir, name, text string) supervise.Service {
	s := supervise.Service{
		Name:        name,
		Dir:         dir,
		Command:     []string{"/bin/sh", "-c", text},
		Environment: []string{"PATH=/usr/bin:/bin"},
		Ready:       func(context.Context) error { return nil },
	}
	DeferCleanup(func(ctx context.Context) { Expect(s.Stop(ctx)).To(Succeed()) })
	return s
}
