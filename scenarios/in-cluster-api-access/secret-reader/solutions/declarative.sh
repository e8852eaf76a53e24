kubectl apply -f - <<'MANIFEST'
apiVersion: v1
kind: ServiceAccount
metadata:
  name: secret-reader
  namespace: "@{namespace}"
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reads-secrets
  namespace: "@{namespace}"
rules:
  - apiGroups: [""]
    resources: [secrets]
    verbs: [get, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: secret-reader-reads-secrets
  namespace: "@{namespace}"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: reads-secrets
subjects:
  - kind: ServiceAccount
    name: secret-reader
    namespace: "@{namespace}"
MANIFEST
kubectl patch deployment vault-sync -n @{namespace} -p '{"spec":{"template":{"spec":{"serviceAccountName":"secret-reader"}}}}'
kubectl rollout status deployment vault-sync -n @{namespace} --timeout=60s
