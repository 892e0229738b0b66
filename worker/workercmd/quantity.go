package workercmd

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"
)

// quantity is a flag whose value is written as Kubernetes writes one: 100Gi.
type quantity struct{ resource.Quantity }

// UnmarshalFlag is what go-flags calls.
func (q *quantity) UnmarshalFlag(value string) error {
	parsed, err := resource.ParseQuantity(value)
	if err != nil {
		return fmt.Errorf("%q is no quantity such as 100Gi: %w", value, err)
	}
	if parsed.Value() <= 0 {
		return fmt.Errorf("%q must be more than 0", value)
	}
	q.Quantity = parsed
	return nil
}
