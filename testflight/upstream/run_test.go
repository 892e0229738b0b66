package upstream

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("A run of the suite", func() {
	It("gives the specs a Concourse, a home of their own and Go's own folders", func(ctx SpecContext) {
		suite := Suite{Dir: GinkgoT().TempDir(), WorkDir: GinkgoT().TempDir()}
		cache, err := exec.CommandContext(ctx, "go", "env", "GOCACHE").Output()
		Expect(err).NotTo(HaveOccurred())
		script := fmt.Sprintf("#!/bin/sh\necho '[]' > %s\n", suite.report()) +
			`echo "$@"; echo "$ATC_URL $RUNTIME"; echo "$HOME $TMPDIR"; echo "$GOCACHE"`
		Expect(os.WriteFile(suite.runner(), []byte(script), 0o755)).To(Succeed())
		said := gbytes.NewBuffer()

		_, err = suite.Run(ctx, "http://web", 3, said)

		Expect(err).NotTo(HaveOccurred())
		Expect(said).To(gbytes.Say(`--procs=3 .*%s\n`, filepath.Join(suite.Dir, "testflight.test")))
		Expect(said).To(gbytes.Say("http://web containerd\n"))
		Expect(said).To(gbytes.Say("%[1]s/home %[1]s/tmp\n", suite.WorkDir))
		Expect(said).To(gbytes.Say(string(cache)))
	})
})
