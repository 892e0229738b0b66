package testflight_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var _ = Describe("a worker that starts again, gets a list of pods that is old, and hears late what is new", func() {
	It("keeps a step that runs", func(ctx SpecContext) {
		lists := newOldLists()
		own := newOwnRuntime(ctx)
		at := newGate()

		first := own.start("{}", lists.record)
		container, err := first.Create(own.container("runs"))
		Expect(err).NotTo(HaveOccurred())
		_, err = container.Run(garden.ProcessSpec{ID: "task", Path: "sh", Args: []string{"-c", at.wait() + "; echo let go $((40+2))"}}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		Expect(first.Stop()).To(Succeed())

		second := own.start("{}", lists.replay)
		Expect(lists.replayed()).To(BeTrue())
		lists.hear()
		Consistently(ctx, func(g Gomega) {
			list, err := own.admin.CoreV1().Pods(own.namespace).List(ctx, metav1.ListOptions{})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(list.Items).To(HaveExactElements(HaveField("DeletionTimestamp", BeNil())))
		}, "5s").Should(Succeed())
		Eventually(second.Lookup).WithArguments("runs").ShouldNot(BeNil())
		container, err = second.Lookup("runs")
		Expect(err).NotTo(HaveOccurred())

		at.open.Store(true)
		output := gbytes.NewBuffer()
		process, err := container.Attach("task", garden.ProcessIO{Stdout: output})
		Expect(err).NotTo(HaveOccurred())
		Expect(process.Wait()).To(BeZero())
		Expect(output).To(gbytes.Say("let go 42"))
		Expect(second.Destroy("runs")).To(Succeed())
	}, SpecTimeout(patience))
})

// oldLists is an API server's cache of pods that is behind: it answers whoever takes
// any version (resource version 0) with an earlier answer.
type oldLists struct {
	// hears is closed when watches begin.
	hears chan struct{}

	mu       sync.Mutex
	earlier  *http.Response
	body     []byte
	answered bool
}

func newOldLists() *oldLists { return &oldLists{hears: make(chan struct{})} }

// hear lets watches begin.
func (l *oldLists) hear() { close(l.hears) }

func (l *oldLists) replayed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answered
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func isOfPods(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/pods")
}

func watches(r *http.Request) bool { return isOfPods(r) && r.URL.Query().Get("watch") != "" }

// takesAny says whether a request is for a list of pods of any version.
func takesAny(r *http.Request) bool {
	return isOfPods(r) && !watches(r) && r.URL.Query().Get("resourceVersion") == "0"
}

// record keeps the first answer.
func (l *oldLists) record(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		l.mu.Lock()
		defer l.mu.Unlock()
		if err != nil || !takesAny(r) || l.earlier != nil {
			return response, err
		}
		l.body, err = io.ReadAll(response.Body)
		response.Body.Close()
		l.earlier = response
		return l.again(), err
	})
}

// replay answers the first request with it, and keeps watches waiting.
func (l *oldLists) replay(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if watches(r) {
			select {
			case <-l.hears:
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
			return next.RoundTrip(r)
		}
		if takesAny(r) && l.mayAnswer() {
			return l.again(), nil
		}
		return next.RoundTrip(r)
	})
}

// mayAnswer says whether there is an answer that was not given again.
func (l *oldLists) mayAnswer() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	may := l.earlier != nil && !l.answered
	l.answered = l.answered || may
	return may
}

func (l *oldLists) again() *http.Response {
	copied := *l.earlier
	copied.Body = io.NopCloser(bytes.NewReader(l.body))
	return &copied
}
