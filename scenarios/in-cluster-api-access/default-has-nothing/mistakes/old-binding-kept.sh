kubectl create serviceaccount watchman -n @{namespace}
kubectl create rolebinding watchman --role=pod-lister --serviceaccount=@{namespace}:watchman -n @{namespace}
kubectl set serviceaccount deployment watchman watchman -n @{namespace}
kubectl rollout status deployment watchman -n @{namespace} --timeout=60s
