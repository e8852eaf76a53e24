kubectl create role pod-reader --verb=list --resource=pods -n @{namespace}
kubectl create rolebinding pod-reader --role=pod-reader --serviceaccount=@{namespace}:default -n @{namespace}
kubectl delete deployment @{program} -n @{namespace}
kubectl run @{program} -n @{namespace} --labels=app=@{program} --image=docker.io/bitnami/kubectl:latest --image-pull-policy=IfNotPresent \
  --command -- sh -c 'while true; do kubectl get pods; sleep 3; done'
