kubectl delete pod @{program} -n @{namespace}
kubectl run @{program} -n @{namespace} --image=docker.io/bitnami/kubectl:latest --image-pull-policy=IfNotPresent \
  --overrides='{"spec":{"serviceAccountName":"@{program}","terminationGracePeriodSeconds":1}}' --command -- sleep 86400
kubectl wait --for=condition=Ready pod/@{program} -n @{namespace} --timeout=60s
kubectl exec @{program} -n @{namespace} -- sh -c '
  kubectl get --raw /api/v1/namespaces/@{namespace}/pods > /tmp/pods.json'
