using System.Data;
using System.Globalization;
using Dapper;

namespace DePin.Fleet.Storage;

/// <summary>Yes and no are 1 and 0 in every column of both databases; PostgreSQL would not turn a boolean into a number by itself.</summary>
internal sealed class BooleanNumbers : SqlMapper.TypeHandler<bool>
{
    private static readonly Lazy<bool> InUse = new(() =>
    {
        SqlMapper.RemoveTypeMap(typeof(bool));
        SqlMapper.AddTypeHandler(new BooleanNumbers());
        return true;
    });

    public static void Use() => _ = InUse.Value;

    public override bool Parse(object value) => Convert.ToBoolean(value, CultureInfo.InvariantCulture);

    public override void SetValue(IDbDataParameter parameter, bool value) => (parameter.DbType, parameter.Value) = (DbType.Int64, value ? 1L : 0L);
}
