kubectl wait --for=condition=Established crd/@{plural}.ops.example.com --timeout=60s
kubectl apply -f - <<'MANIFEST'
apiVersion: ops.example.com/v1
kind: "@{kind}"
metadata:
  name: "@{object}"
  namespace: "@{namespace}"
spec:
  title: Deployments
MANIFEST
