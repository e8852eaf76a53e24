for name in @{loader} @{indexer} @{follower}; do
  kubectl patch role $name -n @{namespace} --type=json -p '[{"op":"replace","path":"/rules/0/verbs","value":["get","list","watch"]}]'
done
