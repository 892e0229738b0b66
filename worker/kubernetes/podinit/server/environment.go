package server

import (
	"slices"
	"strings"
)

const (
	rootPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	userPath = "/usr/local/bin:/usr/bin:/bin"
)

// environment overlays the image's environment with the process'. HOME and
// USER of the image are those of the image's user: they hold for no other.
func environment(image, process []string, account account, imageUser Identity) []string {
	path := userPath
	if account.UID == 0 {
		path = rootPath
	}
	own := []string{"HOME=" + account.home}
	if account.name != "" {
		own = append(own, "USER="+account.name)
	}
	if account.UID != imageUser.UID {
		image = slices.DeleteFunc(slices.Clone(image), func(variable string) bool {
			name, _, _ := strings.Cut(variable, "=")
			return name == "HOME" || name == "USER"
		})
	}
	return overlay([]string{"PATH=" + path}, own, image, process)
}

// overlay joins environments. The last value of a name wins.
func overlay(environments ...[]string) []string {
	var joined []string
	position := map[string]int{}
	for _, variable := range slices.Concat(environments...) {
		name, _, _ := strings.Cut(variable, "=")
		if at, ok := position[name]; ok {
			joined[at] = variable
			continue
		}
		position[name] = len(joined)
		joined = append(joined, variable)
	}
	return joined
}

func value(environment []string, name string) string {
	for _, variable := range environment {
		if n, v, _ := strings.Cut(variable, "="); n == name {
			return v
		}
	}
	return ""
}
