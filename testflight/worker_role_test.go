package testflight_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/types"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/node"
)

// A scenario is something that a worker does with Kubernetes. Its error is what
// the worker says; the rest that it says is in its log.
type scenario func(context.Context, limitedWorker) error

// starts starts the runtime, which goes on watching pods.
func starts(_ context.Context, w limitedWorker) error {
	_, err := w.start("{}")
	return err
}

// runsStep makes the container of a step whose image has a login, and removes it.
func runsStep(_ context.Context, w limitedWorker) error {
	containers, err := w.start("{}")
	if err != nil {
		return err
	}
	step := w.step(digestOf("busybox:latest"))
	if _, err := containers.Create(step); err != nil {
		return err
	}
	return containers.Destroy(step.Handle)
}

// isRefused asks for a pod that the API server refuses, and has to find out that
// it was not made.
func isRefused(_ context.Context, w limitedWorker) error {
	containers, err := w.start("spec: {tolerations: [{key: ci, operator: Exits}]}")
	if err != nil {
		return err
	}
	_, err = containers.Create(w.step(digestOf("busybox:latest")))
	return err
}

// pullsInVain asks for an image that there is not. What the kubelet says of the
// pull secrets decides whether it is waited for.
func pullsInVain(_ context.Context, w limitedWorker) error {
	containers, err := w.start("{}")
	if err != nil {
		return err
	}
	_, err = containers.Create(w.step(unknownDigest))
	return err
}

// isBounded asks for a step with more memory than the namespace's LimitRange allows.
func isBounded(ctx context.Context, w limitedWorker) error {
	limitMemory(ctx, w.namespace, "64Mi")
	containers, err := w.start("{}")
	if err != nil {
		return err
	}
	step := w.step(digestOf("busybox:latest"))
	step.Limits.Memory.LimitInBytes = 100 << 20
	_, err = containers.Create(step)
	return err
}

// watchesNode looks at the worker's Node, to notice drains.
func watchesNode(ctx context.Context, w limitedWorker) error {
	return node.New(runs.Cluster.NodeName()).Start(ctx, w.client, w.log)
}

var _ = Describe("the role of a worker", Ordered, ContinueOnFailure, func() {
	// needed says what is so without a right, and what a worker does to see it.
	needed := map[right]struct {
		without string
		runs    scenario
	}{
		{"pods", "create"}:      {"no step starts", runsStep},
		{"pods", "get"}:         {"a pod that was refused may be there for all that the worker knows", isRefused},
		{"pods", "list"}:        {"the worker does not start", starts},
		{"pods", "watch"}:       {"the worker does not hear what becomes of pods", starts},
		{"pods", "delete"}:      {"no pod of a step goes", runsStep},
		{"secrets", "create"}:   {"no step starts whose image has a login", runsStep},
		{"secrets", "patch"}:    {"no step starts whose image has a login", runsStep},
		{"secrets", "delete"}:   {"no container goes whose image has a login", runsStep},
		{"events", "list"}:      {"a pull that missed its login is not waited for", pullsInVain},
		{"limitranges", "list"}: {"a pod is not fitted to a LimitRange that refuses it", isBounded},
		{"nodes", "list"}:       {"drains are not noticed", watchesNode},
		{"nodes", "watch"}:      {"drains are not noticed", watchesNode},
	}
	const advice = "the worker's service account"

	var namespace string
	BeforeAll(func(ctx SpecContext) {
		needOwnCluster()
		admin, err := runs.Client()
		Expect(err).NotTo(HaveOccurred())
		namespace = newNamespace(ctx, admin, "worker-role-")
	})

	for _, missing := range workerRights() {
		need, known := needed[missing]
		It("lets it "+missing.String()+": without that, "+need.without, func(ctx SpecContext) {
			Expect(known).To(BeTrue(), "nothing is known that needs it: take it out of deploy/rbac/worker.yaml")
			w := newLimitedWorker(ctx, namespace, missing)
			said := gbytes.NewBuffer()
			if err := need.runs(ctx, w); err != nil {
				_, err = said.Write([]byte(err.Error()))
				Expect(err).NotTo(HaveOccurred())
			}
			Eventually(func() string { return string(said.Contents()) + string(w.log.Buffer().Contents()) }).Should(And(
				MatchRegexp(`cannot %s resource \\?"%s\\?"`, missing.verb, missing.resource),
				MatchRegexp(advice+".*"+missing.verb),
			))
		}, SpecTimeout(patience))
	}

	DescribeTable("suffices, where the worker",
		func(ctx SpecContext, runs scenario, says types.GomegaMatcher) {
			w := newLimitedWorker(ctx, namespace, right{})
			Expect(runs(ctx, w)).To(says)
			Expect(string(w.log.Buffer().Contents())).NotTo(ContainSubstring("forbidden"))
		},
		Entry("runs a step", runsStep, Succeed(), SpecTimeout(patience)),
		Entry("asks for a pod that is refused", isRefused,
			MatchError(And(ContainSubstring(`Unsupported value: "Exits"`), Not(ContainSubstring("forbidden")))), SpecTimeout(patience)),
		Entry("asks for an image that there is not", pullsInVain,
			MatchError(And(ContainSubstring("not found"), Not(ContainSubstring("forbidden")))), SpecTimeout(patience)),
		Entry("asks for a pod that a LimitRange refuses", isBounded,
			MatchError(And(ContainSubstring("LimitRange"), ContainSubstring("lower container_limits.memory of the step"))), SpecTimeout(patience)),
		Entry("watches its node", watchesNode, Succeed(), SpecTimeout(patience)),
	)
})
