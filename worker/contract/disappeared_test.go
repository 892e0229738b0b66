package contract_test

import (
	"context"
	"errors"

	"github.com/concourse/concourse/atc/exec"
	"github.com/concourse/concourse/atc/exec/execfakes"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

var _ = Describe("a worker that disappeared", func() {
	// runBy is the error of a step as upstream's RetryErrorStep returns it.
	runBy := func(ctx context.Context, failed error) error {
		step := new(execfakes.FakeStep)
		step.RunReturns(false, failed)
		delegates := new(execfakes.FakeBuildStepDelegateFactory)
		delegates.BuildStepDelegateReturns(new(execfakes.FakeBuildStepDelegate))
		_, err := exec.RetryError(step, delegates).Run(ctx, new(execfakes.FakeRunState))
		return err
	}

	It("has upstream run the step again", func(ctx SpecContext) {
		lost := contract.Disappeared("some-worker", "it was stopped while the pod was starting")
		Expect(lost).To(MatchError("worker some-worker disappeared: it was stopped while the pod was starting"))

		// Of an error of the worker's, Garden's protocol leaves the text.
		Expect(runBy(ctx, errors.New("find or create container: "+lost.Error()))).To(BeAssignableToTypeOf(exec.Retriable{}))
	})

	It("is told apart from a step that failed", func(ctx SpecContext) {
		failed := errors.New("start pod: no such image")
		Expect(runBy(ctx, failed)).To(Equal(failed))
	})
})
