package apiserver

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// LimitRanges are those of the namespace.
func (c *Client) LimitRanges(ctx context.Context) ([]corev1.LimitRange, error) {
	var ranges *corev1.LimitRangeList
	err := c.askAgain(ctx, func(ctx context.Context) (err error) {
		ranges, err = c.Kubernetes.CoreV1().LimitRanges(c.Namespace).List(ctx, metav1.ListOptions{})
		return err
	})
	if err != nil {
		return nil, Error("list", "limit ranges in namespace "+c.Namespace, err)
	}
	return ranges.Items, nil
}
