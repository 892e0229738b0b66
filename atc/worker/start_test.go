package worker

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"time"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3/lagertest"
	"github.com/concourse/concourse-kubernetes/atc/steptimeout"
	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse/atc/db/dbfakes"
	"github.com/concourse/concourse/atc/worker"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient/gclientfakes"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the Garden client of a step whose pod takes its time", func() {
	var (
		client   *gclientfakes.FakeClient
		amending *amendingClient
		made     *gclientfakes.FakeContainer
		starting = contract.StillStarting{Handle: "some-handle", Waiting: "the kubelet pulls the image"}
	)

	BeforeEach(func() {
		client = new(gclientfakes.FakeClient)
		made = new(gclientfakes.FakeContainer)
		client.CreateReturns(made, nil)
		amending = amendingFor(client, fetchedWithLogin())
	})

	create := func() (gclient.Container, error) {
		return amending.Create(garden.ContainerSpec{Handle: "some-handle"})
	}

	It("asks again until the container is there, each time for the same", func() {
		client.CreateReturnsOnCall(0, nil, starting)
		client.CreateReturnsOnCall(1, nil, starting)
		container, err := create()
		Expect(err).NotTo(HaveOccurred())
		Expect(container).To(BeIdenticalTo(made))

		Expect(client.CreateCallCount()).To(Equal(3))
		Expect(client.CreateArgsForCall(0).Properties).To(HaveKeyWithValue(contract.AwaitStart, "5s"))
		Expect(client.CreateArgsForCall(2)).To(Equal(client.CreateArgsForCall(0)))
		Expect(client.DestroyCallCount()).To(BeZero())
	})

	It("asks again until the start fails", func() {
		client.CreateReturnsOnCall(0, nil, starting)
		client.CreateReturnsOnCall(1, nil, errors.New("start pod: CreateContainerError"))
		_, err := create()
		Expect(err).To(MatchError("start pod: CreateContainerError"))
		Expect(client.CreateCallCount()).To(Equal(2))
	})

	It("does not ask again where the worker speaks of another container", func() {
		client.CreateReturnsOnCall(0, nil, contract.StillStarting{Handle: "other-handle"})
		_, err := create()
		Expect(err).To(HaveOccurred())
		Expect(client.CreateCallCount()).To(Equal(1))
	})

	It("has the clock of the step's timeout stand meanwhile", func() {
		const timeout = 100 * time.Millisecond
		step, leave := steptimeout.New(context.Background(), timeout)
		DeferCleanup(leave)
		amending.ctx = step
		steptimeout.Run(step)
		client.CreateStub = func(garden.ContainerSpec) (gclient.Container, error) {
			if client.CreateCallCount() == 1 {
				return nil, starting
			}
			Consistently(step.Done(), 2*timeout).ShouldNot(BeClosed())
			return made, nil
		}
		_, err := create()
		Expect(err).NotTo(HaveOccurred())
	})

	Describe("when web gives up on a request", func() {
		gaveUp := &url.Error{Op: "Post", URL: "http://worker/containers", Err: context.DeadlineExceeded}

		It("asks again where the worker is there", func() {
			client.CreateReturnsOnCall(0, nil, gaveUp)
			container, err := create()
			Expect(err).NotTo(HaveOccurred())
			Expect(container).To(BeIdenticalTo(made))
			Expect(client.PingCallCount()).To(Equal(1))
		})

		It("has the error that it gave up with where the worker is lost", func() {
			client.CreateReturnsOnCall(0, nil, gaveUp)
			client.PingReturns(errors.New("worker some-worker disappeared while trying to reach it"))
			_, err := create()
			Expect(err).To(Equal(gaveUp))
			Expect(client.CreateCallCount()).To(Equal(1))
		})

		It("does not ask again where the connection broke, for which upstream runs the step again", func() {
			broken := &url.Error{Op: "Post", URL: "http://worker/containers", Err: errors.New("EOF")}
			client.CreateReturnsOnCall(0, nil, broken)
			_, err := create()
			Expect(err).To(Equal(broken))
			Expect(client.CreateCallCount()).To(Equal(1))
		})

		It("knows that from upstream's client of the worker", func() {
			var requests atomic.Int32
			stop := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost && requests.Add(1) == 1 {
					<-stop
				}
				w.Write([]byte(`{"handle": "some-handle"}`))
			}))
			DeferCleanup(server.Close)
			DeferCleanup(func() { close(stop) })
			address := server.Listener.Addr().String()
			dbWorker := workerWith()
			dbWorker.GardenAddrReturns(&address)
			workers := new(dbfakes.FakeWorkerFactory)
			workers.GetWorkerReturns(dbWorker, true, nil)

			upstream := worker.DefaultFactory{
				DB:                   worker.DB{WorkerFactory: workers},
				GardenRequestTimeout: 100 * time.Millisecond,
				HTTPRetryTimeout:     time.Second,
			}
			amending.Client = factory{upstream}.gardenClient(lagertest.NewTestLogger("test"), dbWorker)
			container, err := create()
			Expect(err).NotTo(HaveOccurred())
			Expect(container.Handle()).To(Equal("some-handle"))
			Expect(requests.Load()).To(BeEquivalentTo(2))
		})
	})

	DescribeTable("has the worker answer well before web gives up on a request",
		func(requestTimeout, expected time.Duration) {
			Expect(awaitStartWithin(requestTimeout)).To(Equal(expected))
		},
		Entry("by default", 5*time.Minute, 5*time.Second),
		Entry("where web waits for a short time only", 3*time.Second, 1500*time.Millisecond),
		Entry("where web waits for ever", time.Duration(0), 5*time.Second),
	)
})
