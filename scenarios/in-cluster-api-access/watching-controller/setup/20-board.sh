kubectl wait --for=condition=Established crd/tallies.ops.example.com --timeout=60s
kubectl apply -f - <<'MANIFEST'
apiVersion: ops.example.com/v1
kind: Tally
metadata:
  name: board
  namespace: "@{namespace}"
spec:
  title: Deployments
MANIFEST
