kubectl patch role @{loader} -n @{namespace} --type=json -p '[{"op":"replace","path":"/rules/0/verbs","value":["get"]}]'
kubectl patch role @{indexer} -n @{namespace} --type=json -p '[{"op":"replace","path":"/rules/0/verbs","value":["list"]}]'
kubectl patch role @{follower} -n @{namespace} --type=json -p '[{"op":"replace","path":"/rules/0/verbs","value":["watch"]}]'
