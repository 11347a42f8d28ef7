// SPDX-License-Identifier: Apache-2.0

// Package version says which build of our programs this is. What a release is
// built with stamps it:
//
//	go build -ldflags "-X spectrocloud.com/tenancy/pkg/version.version=v1.2.3
//	  -X spectrocloud.com/tenancy/pkg/version.commit=<hash> -X spectrocloud.com/tenancy/pkg/version.date=<RFC 3339>"
//
// The entry points use it. It must not be taken for the version of Kubernetes'
// libraries, k8s.io/component-base/version, which decides on feature gates and
// what is emulated and is never stamped: so /version stays Kubernetes' own.
package version

import (
	"fmt"
	"runtime"

	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
)

// Set by the linker.
var (
	version = "v0.0.0-unreleased"
	commit  = "unknown"
	date    = "unknown"
)

func init() {
	info := metrics.NewGaugeVec(&metrics.GaugeOpts{
		Namespace: "tenancy", Name: "build_info", StabilityLevel: metrics.ALPHA,
		Help: "Always 1; the labels say which build of the program this is.",
	}, []string{"version", "commit", "date", "go_version"})
	legacyregistry.MustRegister(info)
	info.WithLabelValues(version, commit, date, runtime.Version()).Set(1)
}

// String is the version with the commit it was built from, as --version prints it.
func String() string {
	return fmt.Sprintf("%s (commit %s, built %s, %s %s/%s)", version, commit, date, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
