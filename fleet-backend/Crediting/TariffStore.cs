using System.Data.Common;
using Dapper;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Crediting;

/// <summary>The tariffs of the profiles, one version after the other; none is ever edited.</summary>
public static class TariffStore
{
    /// <summary>
    /// Gives every profile its first tariff, the settings', which counts from the beginning. Later ones are changes that two people make:
    /// the names of the profiles whose settings say something else than what is in force are answered.
    /// </summary>
    public static IReadOnlyList<string> Adopt(DbConnection connection, CreditingSettings settings, long nowUnixSeconds)
    {
        var differing = new List<string>();
        foreach (Profile profile in Profile.ByNumber.Values.OrderBy(profile => profile.Number))
        {
            Tariff tariff = settings.TariffFor(profile.ServesWifi);
            IReadOnlyList<TariffVersion> versions = Versions(connection, profile.Number);
            if (versions.Count == 0)
            {
                Insert(connection, profile.Number, tariff, 0, nowUnixSeconds * 1000, "settings");
            }
            else if (versions[0].Tariff != tariff)
            {
                differing.Add(profile.Name);
            }
        }

        return differing;
    }

    /// <summary>Stores a tariff that counts from a second on.</summary>
    public static void Insert(DbConnection connection, long profile, Tariff tariff, long fromUnixSeconds, long nowUnixMilliseconds, string by)
    {
        connection.Execute(
            "INSERT INTO tariff(profile, from_unix, micro_per_kwh, micro_per_hour, micro_per_voucher) VALUES(@profile, @fromUnixSeconds, @MicroPerKilowattHour, @MicroPerServedHour, @MicroPerVoucher)",
            new { profile, fromUnixSeconds, tariff.MicroPerKilowattHour, tariff.MicroPerServedHour, tariff.MicroPerVoucher });
        EventStore.Record(connection, nowUnixMilliseconds, "tariff", null, by, new { profile, fromUnixSeconds, tariff.MicroPerKilowattHour, tariff.MicroPerServedHour, tariff.MicroPerVoucher });
    }

    /// <summary>All tariffs of a profile, oldest first.</summary>
    public static IReadOnlyList<TariffVersion> Versions(DbConnection connection, long profile) =>
        [.. connection.Query<(long Id, long From, long PerKilowattHour, long PerServedHour, long PerVoucher)>(
            "SELECT id, from_unix, micro_per_kwh, micro_per_hour, micro_per_voucher FROM tariff WHERE profile = @profile ORDER BY from_unix",
            new { profile }).Select(row => new TariffVersion(row.From, new Tariff(row.PerKilowattHour, row.PerServedHour, row.PerVoucher), row.Id))];
}
