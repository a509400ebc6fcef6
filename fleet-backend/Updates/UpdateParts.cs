using DePin.Fleet.Instances;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Updates;

/// <summary>Puts the parts of updates together.</summary>
internal static class UpdateParts
{
    /// <summary>Adds everything that knows releases and rollouts.</summary>
    public static void AddUpdates(this IServiceCollection services, UpdateSettings settings)
    {
        services.AddSingleton(settings).AddSingleton<Artifacts>().AddSingleton<Releases>();
        services.AddSingleton<GroupedWork>().AddSingleton<Downloads>().AddSingleton<UpdateNotices>();
        services.AddSingleton<UpdateDesk>().AddSingleton<IUpdateMessages>(provider => provider.GetRequiredService<UpdateDesk>());
        services.AddDuty<RolloutStep>().AddHostedService<SentRounds>();
        services.AddSingleton<Rollouts>();
    }
}
