package contract

import (
	"slices"
	"strings"
)

// pullReasons are the kubelet's reasons for a pull that failed, see its package
// images.
func pullReasons() []string {
	return []string{"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable"}
}

// IsPullReason says whether it is the pull of the image that failed for that reason
// of the kubelet's.
func IsPullReason(reason string) bool { return slices.Contains(pullReasons(), reason) }

// TellsOfFailedPull says whether an error of Create comes of a pull that failed. In
// its text the reason stands before a colon.
func TellsOfFailedPull(err error) bool {
	return slices.ContainsFunc(pullReasons(), func(reason string) bool { return strings.Contains(err.Error(), reason+": ") })
}
