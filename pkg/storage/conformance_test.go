// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apiserver/pkg/features"
	"k8s.io/apiserver/pkg/storage/etcd3"
	storagetesting "k8s.io/apiserver/pkg/storage/testing"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/component-base/featuregate"
	featuregatetesting "k8s.io/component-base/featuregate/testing"
)

// gates are the feature gates that a test of the suite needs to be other than they are by default.
type gates map[featuregate.Feature]bool

// notUpstream is why a test does not run over the watch cache: kubernetes/kubernetes#109831 has not got to it.
const notUpstream = "upstream does not run it over the watch cache: it needs the store's transformer or another hook below the cache"

// suite is the conformance suite of k8s.io/apiserver's storage. Each runs on an etcd of its own.
var suite = []struct {
	name  string
	gates gates
	// bare says why the test does not run without the watch cache, cached why not over it.
	bare, cached string
	// alone keeps anything from running at the same time, because the test sets gates itself; apart all but itself, because it
	// depends on how time passes.
	alone, apart bool
	options      options
	run          func(t *testing.T, s *fixture)
}{
	{name: "Create", run: func(t *testing.T, s *fixture) { storagetesting.RunTestCreate(t.Context(), t, s, s.checkStored) }},
	{name: "CreateWithTTL", run: func(t *testing.T, s *fixture) { storagetesting.RunTestCreateWithTTL(t.Context(), t, s) }},
	{name: "CreateWithKeyExist", run: func(t *testing.T, s *fixture) { storagetesting.RunTestCreateWithKeyExist(t.Context(), t, s) }},
	{name: "Get", apart: true, run: func(t *testing.T, s *fixture) { storagetesting.RunTestGet(t.Context(), t, s) }},
	{name: "UnconditionalDelete", run: func(t *testing.T, s *fixture) { storagetesting.RunTestUnconditionalDelete(t.Context(), t, s) }},
	{name: "ConditionalDelete", run: func(t *testing.T, s *fixture) { storagetesting.RunTestConditionalDelete(t.Context(), t, s) }},
	{name: "DeleteWithSuggestion", run: func(t *testing.T, s *fixture) { storagetesting.RunTestDeleteWithSuggestion(t.Context(), t, s) }},
	{name: "DeleteWithSuggestionAndConflict", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestDeleteWithSuggestionAndConflict(t.Context(), t, s)
	}},
	{name: "DeleteWithSuggestionOfDeletedObject", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestDeleteWithSuggestionOfDeletedObject(t.Context(), t, s)
	}},
	{name: "ValidateDeletionWithSuggestion", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestValidateDeletionWithSuggestion(t.Context(), t, s)
	}},
	{name: "ValidateDeletionWithOnlySuggestionValid", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestValidateDeletionWithOnlySuggestionValid(t.Context(), t, s)
	}},
	{name: "DeleteWithConflict", run: func(t *testing.T, s *fixture) { storagetesting.RunTestDeleteWithConflict(t.Context(), t, s) }},
	{name: "PreconditionalDeleteWithSuggestion", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestPreconditionalDeleteWithSuggestion(t.Context(), t, s)
	}},
	{name: "PreconditionalDeleteWithOnlySuggestionPass", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestPreconditionalDeleteWithOnlySuggestionPass(t.Context(), t, s)
	}},
	{name: "DeleteWithConflictAndMissingExpectedError", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestDeleteWithConflictAndMissingExpectedTransformOrDecodeError(t.Context(), t, s, s.transformer.failing.Store)
	}},
	{name: "DeleteExpectedTransformError", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestDeleteExpectedTransformOrDecodeError(t.Context(), t, s, s.transformer.failing.Store)
	}},
	{name: "DeleteExpectedDecodeError", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestDeleteExpectedTransformOrDecodeError(t.Context(), t, s, s.codec.failing.Store)
	}},
	{name: "DeleteWithSuggestionAndMissingExpectedError", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestDeleteWithSuggestionAndMissingExpectedTransformOrDecodeError(t.Context(), t, s)
	}},
	{name: "GuaranteedUpdate", cached: notUpstream, run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestGuaranteedUpdate(t.Context(), t, s, s.checkStored)
	}},
	{name: "GuaranteedUpdateWithTTL", run: func(t *testing.T, s *fixture) { storagetesting.RunTestGuaranteedUpdateWithTTL(t.Context(), t, s) }},
	{name: "GuaranteedUpdateChecksStoredData", cached: notUpstream, run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestGuaranteedUpdateChecksStoredData(t.Context(), t, s)
	}},
	{name: "GuaranteedUpdateWithConflict", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestGuaranteedUpdateWithConflict(t.Context(), t, s)
	}},
	{name: "GuaranteedUpdateWithSuggestionAndConflict", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestGuaranteedUpdateWithSuggestionAndConflict(t.Context(), t, s)
	}},
	{name: "TransformationFailure", cached: notUpstream, run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestTransformationFailure(t.Context(), t, s)
	}},
	{name: "ListPaging", run: func(t *testing.T, s *fixture) { storagetesting.RunTestListPaging(t.Context(), t, s) }},
	{name: "List", gates: gates{features.ListFromCacheSnapshot: false}, run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestList(t.Context(), t, s, s.compact, s.cached, s.recorder)
	}},
	{name: "ConsistentList", gates: gates{features.ListFromCacheSnapshot: false}, run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestConsistentList(t.Context(), t, s, s.increaseRevision, s.cached, true, false)
	}},
	{name: "ConsistentListFromSnapshots", bare: "snapshots are the watch cache's",
		run: func(t *testing.T, s *fixture) {
			storagetesting.RunTestConsistentList(t.Context(), t, s, s.increaseRevision, true, true, true)
		}},
	{name: "GetListNonRecursive", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestGetListNonRecursive(t.Context(), t, s.increaseRevision, s)
	}},
	{name: "GetListRecursivePrefix", run: func(t *testing.T, s *fixture) { storagetesting.RunTestGetListRecursivePrefix(t.Context(), t, s) }},
	{name: "KeySchema", run: func(t *testing.T, s *fixture) { storagetesting.RunTestKeySchema(t.Context(), t, s) }},
	{name: "GetListWithErrorAggregation", cached: notUpstream, options: options{unsafe: true}, run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestGetListWithErrorAggregation(t.Context(), t, s, corrupt(t))
	}},
	{name: "GetListWithoutErrorAggregation", gates: gates{features.AllowUnsafeMalformedObjectDeletion: false}, cached: notUpstream,
		run: func(t *testing.T, s *fixture) {
			storagetesting.RunTestGetListWithoutErrorAggregation(t.Context(), t, s, corrupt(t))
		}},
	{name: "ListContinuation", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestListContinuation(t.Context(), t, s, s.checkReads)
	}},
	{name: "ListPaginationRareObject", gates: gates{features.ListFromCacheSnapshot: false}, run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestListPaginationRareObject(t.Context(), t, s, s.checkReads)
	}},
	{name: "ListContinuationWithFilter", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestListContinuationWithFilter(t.Context(), t, s, s.checkReads)
	}},
	{name: "ListInconsistentContinuation", cached: notUpstream, run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestListInconsistentContinuation(t.Context(), t, s, s.compact)
	}},
	{name: "ListResourceVersionMatch", cached: notUpstream, run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestListResourceVersionMatch(t.Context(), t, s)
	}},
	{name: "NamespaceScopedList", options: options{indexed: true}, run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestNamespaceScopedList(t.Context(), t, s)
	}},
	{name: "CompactRevision", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestCompactRevision(t.Context(), t, s, s.increaseRevision, s.compact)
	}},
	{name: "Stats", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestStats(t.Context(), t, s, s.codec, s.transformer, s.cached)
	}},
	{name: "Watch", run: func(t *testing.T, s *fixture) { storagetesting.RunTestWatch(t.Context(), t, s) }},
	{name: "ClusterScopedWatch", options: options{indexed: true, clusterScoped: true}, run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestClusterScopedWatch(t.Context(), t, s)
	}},
	{name: "NamespaceScopedWatch", options: options{indexed: true}, run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestNamespaceScopedWatch(t.Context(), t, s)
	}},
	{name: "DeleteTriggerWatch", run: func(t *testing.T, s *fixture) { storagetesting.RunTestDeleteTriggerWatch(t.Context(), t, s) }},
	{name: "WatchFromZero", run: func(t *testing.T, s *fixture) {
		// What the watch cache has seen can be forgotten by its own package only; the suite then leaves out its last step.
		compact := s.compact
		if s.cached {
			compact = nil
		}
		storagetesting.RunTestWatchFromZero(t.Context(), t, s, compact)
	}},
	{name: "WatchFromNonZero", run: func(t *testing.T, s *fixture) { storagetesting.RunTestWatchFromNonZero(t.Context(), t, s) }},
	{name: "DelayedWatchDelivery", run: func(t *testing.T, s *fixture) { storagetesting.RunTestDelayedWatchDelivery(t.Context(), t, s) }},
	{name: "WatchError", cached: notUpstream, run: func(t *testing.T, s *fixture) { storagetesting.RunTestWatchError(t.Context(), t, s) }},
	{name: "WatchWithUnsafeDelete", cached: notUpstream, run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestWatchWithUnsafeDelete(t.Context(), t, s, corrupt(t))
	}},
	{name: "WatchContextCancel", cached: notUpstream, run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestWatchContextCancel(t.Context(), t, s)
	}},
	{name: "WatcherTimeout", run: func(t *testing.T, s *fixture) { storagetesting.RunTestWatcherTimeout(t.Context(), t, s) }},
	{name: "WatchDeleteEventObjectHaveLatestRV", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestWatchDeleteEventObjectHaveLatestRV(t.Context(), t, s)
	}},
	{name: "WatchInitializationSignal", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestWatchInitializationSignal(t.Context(), t, s)
	}},
	{name: "ProgressNotify", cached: "the watch cache makes bookmarks of its own", options: options{progress: true}, run: func(t *testing.T, s *fixture) {
		storagetesting.RunOptionalTestProgressNotify(t.Context(), t, s, s.increaseRevision)
	}},
	{name: "WatchDispatchBookmarkEvents", options: options{progress: true}, run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestWatchDispatchBookmarkEvents(t.Context(), t, s, s.cached)
	}},
	{name: "WatchBookmarksWithCorrectResourceVersion", apart: true, bare: "etcd's progress is not a bookmark at each interval", run: func(t *testing.T, s *fixture) {
		storagetesting.RunTestOptionalWatchBookmarksWithCorrectResourceVersion(t.Context(), t, s)
	}},
	{name: "SendInitialEventsBackwardCompatibility", alone: true, run: func(t *testing.T, s *fixture) {
		storagetesting.RunSendInitialEventsBackwardCompatibility(t.Context(), t, s)
	}},
	{name: "WatchSemantics", alone: true, run: func(t *testing.T, s *fixture) { storagetesting.RunWatchSemantics(t.Context(), t, settled{s}) }},
	{name: "WatchSemanticInitialEventsExtended", alone: true, run: func(t *testing.T, s *fixture) {
		storagetesting.RunWatchSemanticInitialEventsExtended(t.Context(), t, settled{s})
	}},
	{name: "WatchListMatchSingle", alone: true, run: func(t *testing.T, s *fixture) { storagetesting.RunWatchListMatchSingle(t.Context(), t, settled{s}) }},
	{name: "WatchErrorIsBlockingFurtherEvents", cached: notUpstream, run: func(t *testing.T, s *fixture) {
		storagetesting.RunWatchErrorIsBlockingFurtherEvents(t.Context(), t, s)
	}},
}

func TestTheStoreConformsToKubernetesStorage(t *testing.T) {
	// Gates are global, so only tests with the same gates run at once. They wait more than they work.
	groups := map[string][]int{}
	for i, test := range suite {
		group := strings.NewReplacer("map[", "", "]", "", " ", ",").Replace(fmt.Sprint(test.gates))
		if test.apart {
			group = test.name
		}
		groups[group] = append(groups[group], i)
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		t.Run(cmp.Or(group, "default"), func(t *testing.T) {
			for gate, on := range suite[groups[group][0]].gates {
				featuregatetesting.SetFeatureGateDuringTest(t, utilfeature.DefaultFeatureGate, gate, on)
			}
			etcd3.TestOnlySetFatalOnDecodeError(t, false)
			before := decided.Load()
			t.Run("all", func(t *testing.T) {
				for _, i := range groups[group] {
					runConformance(t, i)
				}
			})
			assert.Greater(t, decided.Load(), before, "nothing was decided: it shows nothing of guards")
		})
	}
}

func runConformance(t *testing.T, i int) {
	t.Helper()
	for _, cached := range []bool{false, true} {
		if excuse := map[bool]string{false: suite[i].bare, true: suite[i].cached}[cached]; excuse != "" {
			continue
		}
		for _, guarded := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/cached=%t,guarded=%t", suite[i].name, cached, guarded), func(t *testing.T) {
				if !suite[i].alone {
					t.Parallel()
				}
				o := suite[i].options
				// The guarded ones are as with the embedded etcd, the others as with one elsewhere.
				o.cached, o.guarded, o.inProcess = cached, guarded, guarded
				suite[i].run(t, newFixture(t, o))
			})
		}
	}
}

// A new release of k8s.io/apiserver may bring new tests: they belong in suite.
func TestEveryTestOfTheUpstreamSuiteRuns(t *testing.T) {
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "k8s.io/apiserver/pkg/storage/testing").Output()
	require.NoError(t, err)
	sources, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "*.go"))
	require.NoError(t, err)
	exported, called := map[string]bool{}, map[string]bool{}
	for _, source := range sources {
		for _, declaration := range parse(t, source).Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && function.Recv == nil && isConformance(function.Name.Name) {
				exported[function.Name.Name] = true
			}
		}
	}
	ast.Inspect(parse(t, "conformance_test.go"), func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok {
			if of, ok := selector.X.(*ast.Ident); ok && of.Name == "storagetesting" && isConformance(selector.Sel.Name) {
				called[selector.Sel.Name] = true
			}
		}
		return true
	})
	assert.Greater(t, len(exported), 50)
	assert.Equal(t, slices.Sorted(maps.Keys(exported)), slices.Sorted(maps.Keys(called)))
}

func isConformance(name string) bool {
	return strings.HasPrefix(name, "Run") && !strings.HasPrefix(name, "RunBenchmark")
}

func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	return parsed
}
