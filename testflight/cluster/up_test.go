package cluster

import (
	"context"
	"os"
	"path/filepath"

	"github.com/concourse/concourse-kubernetes/testflight/supervise"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Starting a cluster", func() {
	It("has a part run a program that an earlier stage installs", func(ctx SpecContext) {
		dir := GinkgoT().TempDir()
		c := New(dir, GinkgoWriter)
		program := func() string {
			found, _ := filepath.Glob(filepath.Join(dir, "*", "program"))
			if len(found) == 0 {
				return "not-installed"
			}
			return found[0]
		}
		part := func() supervise.Service {
			s := c.daemon("part")
			s.Command = []string{program(), "100"}
			s.Ready = func(context.Context) error { return nil }
			return s
		}
		DeferCleanup(func(ctx SpecContext) { Expect(part().Stop(ctx)).To(Succeed()) })

		Expect(inTurn(
			func(context.Context) error {
				if err := os.Mkdir(filepath.Join(dir, "installed"), 0o755); err != nil {
					return err
				}
				return os.Symlink("/bin/sleep", filepath.Join(dir, "installed", "program"))
			},
			c.running(part),
		)(ctx)).To(Succeed())
	})
})
