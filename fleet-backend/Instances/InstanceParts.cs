namespace DePin.Fleet.Instances;

/// <summary>Puts together what several instances over one database need; with one, all of it does nothing.</summary>
internal static class InstanceParts
{
    /// <summary>Adds what instances tell each other, and who does what must be done once.</summary>
    public static void AddInstances(this IServiceCollection services)
    {
        services.AddSingleton<Peers>().AddSingleton<PeerNews>();
        services.AddHostedService(provider => provider.GetRequiredService<Peers>());
        services.AddSingleton<Duties>().AddHostedService(provider => provider.GetRequiredService<Duties>());
        services.AddHostedService<LiveFollower>().AddHostedService<CheckpointKeeper>();
        services.AddSingleton<Draining>().AddHostedService(provider => provider.GetRequiredService<Draining>());
    }

    /// <summary>Connects what they keep in memory, before anything is heard.</summary>
    public static void UseInstances(this WebApplication app) => app.Services.GetRequiredService<PeerNews>();
}
