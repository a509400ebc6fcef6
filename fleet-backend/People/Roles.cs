using System.Numerics;
using System.Text.Json;

namespace DePin.Fleet.People;

/// <summary>What a person may do; one may have several. The numbers are stored.</summary>
[Flags]
public enum Roles
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Invites people, gives and takes roles, and lets them back in.</summary>
    Administrator = 1,

    /// <summary>Flashes nodes and registers them.</summary>
    Technician = 2,

    /// <summary>Keeps nodes running; sees their own nodes and account.</summary>
    Operator = 4,

    /// <summary>Watches the fleet and decides over nodes, terms and money, with a second one where two are needed.</summary>
    Manager = 8,

    /// <summary>Sees everything, changes nothing but visits.</summary>
    Auditor = 16,

    /// <summary>Paid for nodes; sees their own nodes and account.</summary>
    CapitalBuilder = 32,

    /// <summary>Lent money; sees their own account.</summary>
    Lender = 64,
}

/// <summary>Roles as text.</summary>
public static class RoleNames
{
    /// <summary>Every single role.</summary>
    public static IReadOnlyList<Roles> All { get; } = [.. Enum.GetValues<Roles>().Where(role => role != Roles.None)];

    /// <summary>Every role together.</summary>
    public static Roles Together { get; } = All.Aggregate(Roles.None, (sum, role) => sum | role);

    /// <summary>A single role's name, such as capitalBuilder.</summary>
    public static string Of(Roles role) => JsonNamingPolicy.CamelCase.ConvertName(role.ToString());

    /// <summary>The names of a set of roles.</summary>
    public static IReadOnlyList<string> List(Roles roles) => [.. All.Where(role => roles.HasFlag(role)).Select(Of)];

    /// <summary>The set that these names make; null where one is no role, or there is none.</summary>
    public static Roles? Parse(IReadOnlyCollection<string> names)
    {
        Roles sum = Roles.None;
        foreach (string name in names)
        {
            Roles role = All.FirstOrDefault(role => Of(role) == name);
            if (role == Roles.None)
            {
                return null;
            }

            sum |= role;
        }

        return sum == Roles.None || BitOperations.PopCount((uint)sum) != names.Count ? null : sum;
    }
}
