package admission

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
)

// ExceededQuota is a ResourceQuota that has no room for what was to be created.
type ExceededQuota struct {
	Name string

	// Exceeded are those of its resources of which it has too little left.
	Exceeded []Exceeded
}

// Exceeded is a resource of which a ResourceQuota has too little left.
type Exceeded struct {
	// Resource is as in the quota's spec.hard: pods, requests.cpu, limits.memory, and so on.
	Resource string

	Requested, Used, Limited resource.Quantity
}

// exceededQuota is the refusal of k8s.io/apiserver/pkg/admission/plugin/resourcequota.
var exceededQuota = regexp.MustCompile(`exceeded quota: (\S+), requested: (\S+), used: (\S+), limited: (\S+)$`)

// ReadExceededQuota reads an answer of the API server. It is false of an answer that says
// something else.
func ReadExceededQuota(err error) (ExceededQuota, bool) {
	said := exceededQuota.FindStringSubmatch(forbiddenFor(err))
	if said == nil {
		return ExceededQuota{}, false
	}
	requested, used, limited := quantities(said[2]), quantities(said[3]), quantities(said[4])
	quota := ExceededQuota{Name: said[1]}
	for name, quantity := range requested {
		use, usedKnown := used[name]
		limit, limitKnown := limited[name]
		if !usedKnown || !limitKnown {
			return ExceededQuota{}, false
		}
		quota.Exceeded = append(quota.Exceeded, Exceeded{Resource: name, Requested: quantity, Used: use, Limited: limit})
	}
	slices.SortFunc(quota.Exceeded, func(a, b Exceeded) int { return strings.Compare(a.Resource, b.Resource) })
	return quota, len(quota.Exceeded) > 0
}

// forbiddenFor is why the API server forbids something (status 403), in its own words, without
// those of errors around it. It is empty of other answers.
func forbiddenFor(err error) string {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok || !apierrors.IsForbidden(err) {
		return ""
	}
	return status.ErrStatus.Message
}

// quantities reads resource=quantity,resource=quantity.
func quantities(list string) map[string]resource.Quantity {
	all := map[string]resource.Quantity{}
	for pair := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(pair, "=")
		if quantity, err := resource.ParseQuantity(value); err == nil {
			all[name] = quantity
		}
	}
	return all
}

// NeverFits says whether the quota would have too little even if nothing else used it.
func (q ExceededQuota) NeverFits() bool {
	return slices.ContainsFunc(q.Exceeded, func(e Exceeded) bool { return e.Requested.Cmp(e.Limited) > 0 })
}

// String names the quota and has its numbers.
func (q ExceededQuota) String() string {
	var resources []string
	for _, e := range q.Exceeded {
		resources = append(resources, e.String())
	}
	return fmt.Sprintf("ResourceQuota %q: %s", q.Name, strings.Join(resources, "; "))
}

func (e Exceeded) String() string {
	return fmt.Sprintf("%s of %s %s are used, and the pod asks for %s", e.Used.String(), e.Limited.String(), e.Resource, e.Requested.String())
}
