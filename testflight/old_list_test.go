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

var _ = Describe("a worker that starts again, and gets a list of pods that is old", func() {
	It("keeps a step that runs", func(ctx SpecContext) {
		lists := &oldLists{}
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
	mu       sync.Mutex
	earlier  *http.Response
	body     []byte
	answered bool
}

func (l *oldLists) replayed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answered
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// takesAnyPods says whether a request is for a list of pods of any version.
func takesAnyPods(r *http.Request) bool {
	query := r.URL.Query()
	return strings.HasSuffix(r.URL.Path, "/pods") && query.Get("watch") == "" && query.Get("resourceVersion") == "0"
}

// record keeps the first answer.
func (l *oldLists) record(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		l.mu.Lock()
		defer l.mu.Unlock()
		if err != nil || r.Method != http.MethodGet || !takesAnyPods(r) || l.earlier != nil {
			return response, err
		}
		l.body, err = io.ReadAll(response.Body)
		response.Body.Close()
		l.earlier = response
		return l.again(), err
	})
}

// replay answers the first request with it.
func (l *oldLists) replay(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if r.Method != http.MethodGet || !takesAnyPods(r) || l.earlier == nil || l.answered {
			return next.RoundTrip(r)
		}
		l.answered = true
		return l.again(), nil
	})
}

func (l *oldLists) again() *http.Response {
	copied := *l.earlier
	copied.Body = io.NopCloser(bytes.NewReader(l.body))
	return &copied
}
