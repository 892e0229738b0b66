package runner_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/runner"
	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("A run of the suite", func() {
	var suite runner.Suite
	var dir string

	BeforeEach(func() {
		dir = GinkgoT().TempDir()
		suite = runner.Suite{
			Name:      "the suite",
			Runner:    filepath.Join(dir, "ginkgo"),
			Specs:     "./specs",
			Report:    filepath.Join(dir, "report.json"),
			Processes: 1,
			Patience:  time.Minute,
		}
	})

	// theRunner has a script in the place of Ginkgo's runner.
	theRunner := func(script string) {
		GinkgoHelper()
		Expect(os.WriteFile(suite.Runner, []byte("#!/bin/sh\n"+script), 0o755)).To(Succeed())
	}
	// leaves is a script that leaves that report of Ginkgo's behind.
	leaves := func(report types.Report) string {
		GinkgoHelper()
		written, err := json.Marshal([]types.Report{report})
		Expect(err).NotTo(HaveOccurred())
		prepared := filepath.Join(dir, "prepared.json")
		Expect(os.WriteFile(prepared, written, 0o644)).To(Succeed())
		return fmt.Sprintf("cp %s %s\n", prepared, suite.Report)
	}
	spec := func(name string, state types.SpecState, reason string) types.SpecReport {
		return types.SpecReport{
			LeafNodeType: types.NodeTypeIt, ContainerHierarchyTexts: []string{"A job"}, LeafNodeText: name,
			State: state, Failure: types.Failure{Message: reason}, RunTime: 3 * time.Second,
		}
	}

	It("is given the specs, how many run at once, and what else it is to know", func(ctx SpecContext) {
		suite.Processes, suite.Flags, suite.Environment = 3, []string{"--seed=7"}, []string{"WHERE=here"}
		theRunner(leaves(types.Report{}) + `echo "$@ $WHERE"`)
		said := gbytes.NewBuffer()

		_, err := suite.Run(ctx, said)

		Expect(err).NotTo(HaveOccurred())
		Expect(said).To(gbytes.Say(`--procs=3 --timeout=1m0s --json-report=%s --seed=7 \./specs here\n`, suite.Report))
	})

	It("is summed up", func(ctx SpecContext) {
		theRunner(leaves(types.Report{RunTime: 65 * time.Second, SpecReports: types.SpecReports{
			{LeafNodeType: types.NodeTypeSynchronizedBeforeSuite, State: types.SpecStatePassed},
			{LeafNodeType: types.NodeTypeSynchronizedAfterSuite, State: types.SpecStatePassed, RunTime: time.Second},
			{LeafNodeType: types.NodeTypeSynchronizedAfterSuite, State: types.SpecStatePassed, RunTime: 20 * time.Second},
			spec("passes", types.SpecStatePassed, ""),
			spec("passes too", types.SpecStatePassed, ""),
			spec("is left out", types.SpecStateSkipped, "swap limits not enabled"),
		}}))

		summary, err := suite.Run(ctx, io.Discard)

		Expect(err).NotTo(HaveOccurred())
		Expect(summary.String()).To(Equal(`skipped after 3s: A job is left out: swap limits not enabled
the suite took 1m5s, 20s of it after the last spec
2 passed, 0 failed, 1 skipped`))
	})

	It("fails with a spec, and names it", func(ctx SpecContext) {
		theRunner(leaves(types.Report{SpecReports: types.SpecReports{
			spec("passes", types.SpecStatePassed, ""),
			spec("fails", types.SpecStateFailed, "Expected\n  1\nto equal 2"),
			spec("takes too long", types.SpecStateTimedout, "A suite timeout occurred"),
		}}) + "exit 1")

		summary, err := suite.Run(ctx, io.Discard)

		Expect(err).To(MatchError(ContainSubstring("exit status 1")))
		Expect(summary.Remarks).To(ConsistOf(
			"failed after 3s: A job fails: Expected",
			"failed after 3s: A job takes too long: A suite timeout occurred",
		))
		Expect(summary.String()).To(HaveSuffix("\n1 passed, 2 failed, 0 skipped"))
	})

	It("fails with what surrounds the specs", func(ctx SpecContext) {
		theRunner(leaves(types.Report{
			SpecialSuiteFailureReasons: []string{"Interrupted by User"},
			SpecReports: types.SpecReports{{
				LeafNodeType: types.NodeTypeSynchronizedBeforeSuite, State: types.SpecStateFailed,
				Failure: types.Failure{Message: "fly login failed"},
			}},
		}) + "exit 1")

		summary, err := suite.Run(ctx, io.Discard)

		Expect(err).To(HaveOccurred())
		Expect(summary.Remarks).To(ConsistOf(
			"Interrupted by User", "failed after 0s: SynchronizedBeforeSuite: fly login failed",
		))
		Expect(summary.Failed).To(BeZero())
	})

	It("does not pass off an earlier run's report as its own", func(ctx SpecContext) {
		theRunner(leaves(types.Report{SpecReports: types.SpecReports{spec("passes", types.SpecStatePassed, "")}}))
		_, err := suite.Run(ctx, io.Discard)
		Expect(err).NotTo(HaveOccurred())

		theRunner("exit 0")
		_, err = suite.Run(ctx, io.Discard)
		Expect(err).To(MatchError(os.ErrNotExist))
	})

	It("lets the runner end in its own way when it is interrupted", func(ctx SpecContext) {
		said := gbytes.NewBuffer()
		theRunner(leaves(types.Report{}) + `trap 'echo interrupted; exit 1' INT; echo running; while :; do sleep 0.1; done`)
		interrupted, interrupt := context.WithCancel(ctx)
		defer interrupt()
		go func() {
			defer GinkgoRecover()
			Eventually(ctx, said).Should(gbytes.Say("running"))
			interrupt()
		}()

		_, err := suite.Run(interrupted, said)

		Expect(err).To(HaveOccurred())
		Expect(said).To(gbytes.Say("interrupted"))
	}, NodeTimeout(time.Minute))
})
