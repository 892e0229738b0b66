package testflight_test

import (
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// heldStart keeps the pods of a pipeline from being created: a webhook of the
// cluster that is asked about them does not work.
type heldStart struct {
	name  string
	asked atomic.Int32
}

// holdStart holds the pods of one type until release, by the end of the spec at the
// latest.
func holdStart(ctx context.Context, p pipeline, kind string) *heldStart {
	GinkgoHelper()
	h := &heldStart{name: p.name}
	webhook := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h.asked.Add(1)
		http.Error(w, "does not work", http.StatusServiceUnavailable)
	}))
	DeferCleanup(webhook.Close)

	client, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())
	_, err = client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Create(ctx, &admissionv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: h.name},
		Webhooks: []admissionv1.ValidatingWebhook{{
			Name: h.name + ".example.com",
			ClientConfig: admissionv1.WebhookClientConfig{
				URL:      &webhook.URL,
				CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: webhook.Certificate().Raw}),
			},
			Rules: []admissionv1.RuleWithOperations{{
				Operations: []admissionv1.OperationType{admissionv1.Create},
				Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
			}},
			ObjectSelector: &metav1.LabelSelector{MatchLabels: map[string]string{
				"concourse-ci.org/pipeline": p.name,
				"concourse-ci.org/type":     kind,
			}},
			FailurePolicy:           new(admissionv1.Fail),
			SideEffects:             new(admissionv1.SideEffectClassNone),
			AdmissionReviewVersions: []string{"v1"},
		}},
	}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(h.release)
	return h
}

// isHeld waits until a pod is held.
func (h *heldStart) isHeld() {
	GinkgoHelper()
	Eventually(h.asked.Load, patience).Should(BeNumerically(">", 0))
}

func (h *heldStart) release(ctx context.Context) {
	GinkgoHelper()
	client, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())
	err = client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Delete(ctx, h.name, metav1.DeleteOptions{})
	if !apierrors.IsNotFound(err) {
		Expect(err).NotTo(HaveOccurred())
	}
}
