kubectl create serviceaccount watchman -n @{namespace}
kubectl create rolebinding watchman --role=pod-lister --serviceaccount=@{namespace}:watchman -n @{namespace}
kubectl delete rolebinding convenience -n @{namespace}
