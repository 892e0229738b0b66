package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"code.cloudfoundry.org/lager/v3/lagerctx"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/event"
	"github.com/concourse/concourse/atc/exec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/atc/steptimeout"
)

var _ = Describe("the last line of a step, without an end", func() {
	var s *steps

	BeforeEach(func() { s = newSteps() })

	kinds := map[string]atc.Plan{
		"get":   getPlan("registry-image", atc.TypeImage{BaseType: "registry-image"}),
		"put":   putPlan("registry-image", atc.TypeImage{BaseType: "registry-image"}),
		"check": checkPlan("unchecked", atc.TypeImage{BaseType: "registry-image"}),
		"task":  taskPlan(atc.TaskConfig{RootfsURI: "docker:///busybox"}),
	}

	// run runs a step that prints and then ends with an error. It returns the logs and
	// the errors that the build shows.
	run := func(ctx context.Context, plan atc.Plan, end func(context.Context) error) (shown []string) {
		GinkgoHelper()
		s.creating = func(ctx context.Context) error {
			delegate := s.asked[0].Delegate.(interface{ Stdout() io.Writer })
			fmt.Fprint(delegate.Stdout(), "whole\nnot some-secret \xc3")
			return end(ctx)
		}
		state := exec.NewRunState(s.ours(), s.vars, true)
		state.AddLocalVar("read-before", "some-secret", true)
		state.Run(lagerctx.NewContext(ctx, s.log), plan)
		Expect(s.asked).To(HaveLen(1))
		for _, saved := range s.events() {
			encoded, err := json.Marshal(saved)
			Expect(err).NotTo(HaveOccurred())
			switch saved.EventType() {
			case event.EventTypeError:
				shown = append(shown, "error: "+saved.(event.Error).Message)
			case event.EventTypeLog:
				var log event.Log
				Expect(json.Unmarshal(encoded, &log)).To(Succeed())
				shown = append(shown, log.Payload)
			}
		}
		return shown
	}
	const whole, rest = "whole\n", "not ((redacted)) \ufffd"

	for kind, plan := range kinds {
		It("is in the log of a "+kind+" that is aborted", func(ctx SpecContext) {
			build, abort := context.WithCancel(ctx)
			shown := run(build, plan, func(ctx context.Context) error {
				abort()
				<-ctx.Done()
				return ctx.Err()
			})
			Expect(shown).To(Equal([]string{whole, rest, "error: " + exec.AbortedLogMessage}))
		})

		It("is in the log of a "+kind+" that times out", func(ctx SpecContext) {
			s.defaultTimeout = time.Millisecond
			shown := run(ctx, plan, func(ctx context.Context) error {
				steptimeout.Run(ctx)
				<-ctx.Done()
				return ctx.Err()
			})
			Expect(shown).To(Equal([]string{whole, rest, "error: " + exec.TimeoutLogMessage}))
		})

		It("is in the log of a "+kind+" that can't go on", func(ctx SpecContext) {
			shown := run(ctx, plan, func(context.Context) error { return errNoContainer })
			Expect(shown).To(HaveExactElements(whole, rest, HaveSuffix(errNoContainer.Error())))
		})

		It("is in the log of a "+kind+" that is to run again", func(ctx SpecContext) {
			before := atc.EnableBuildRerunWhenWorkerDisappears
			DeferCleanup(func() { atc.EnableBuildRerunWhenWorkerDisappears = before })
			atc.EnableBuildRerunWhenWorkerDisappears = true
			lost := errors.New("worker some-worker disappeared")
			shown := run(ctx, plan, func(context.Context) error { return lost })
			Expect(shown).To(HaveExactElements(whole, rest, ContainSubstring(lost.Error()), ContainSubstring("will retry")))
		})
	}
})
