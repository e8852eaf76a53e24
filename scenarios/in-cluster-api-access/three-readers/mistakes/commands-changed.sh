for name in @{loader} @{indexer} @{follower}; do
  kubectl patch deployment $name -n @{namespace} --type=json \
    -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/2","value":"while true; do echo nothing to do; sleep 3; done"}]'
  kubectl rollout status deployment $name -n @{namespace} --timeout=60s
done
