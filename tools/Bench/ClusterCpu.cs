using DePin.Tools.Backend;

namespace DePin.Tools.Bench;

/// <summary>Processor time of all that serves, seconds.</summary>
/// <param name="Instances">Of each backend.</param>
/// <param name="Postgres">Of PostgreSQL with all its processes; null on SQLite.</param>
/// <param name="Balancer">Of HAProxy; null where there is none.</param>
internal sealed record ClusterCpu(double[] Instances, double? Postgres, double? Balancer)
{
    /// <summary>Used so far.</summary>
    public static ClusterCpu Now(Cluster cluster, PostgresServer? postgres) => new(
        [.. cluster.Instances.Select(instance => Processes.CpuSeconds(instance.ProcessId))],
        postgres is null ? null : Processes.FamilyCpuSeconds(postgres.ProcessId),
        cluster.Balancer is { } balancer ? Processes.CpuSeconds(balancer.ProcessId) : null);

    /// <summary>Used since an earlier look.</summary>
    public ClusterCpu Since(ClusterCpu before) => new([.. Instances.Zip(before.Instances, (now, then) => now - then)], Postgres - before.Postgres, Balancer - before.Balancer);
}
